from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("signalcast", "0002_backlog")]

    operations = [
        migrations.AlterModelOptions(
            name="eventrow",
            options={
                "default_permissions": (),
                "permissions": [
                    ("view_event", "Can follow the stream of events"),
                    ("view_personal_data", "Can view personal data in events"),
                ],
                "verbose_name": "event",
            },
        ),
    ]

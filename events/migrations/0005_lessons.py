from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signalcast", "0004_notes")]

    operations = [
        migrations.AlterModelOptions(
            name="eventrow",
            options={
                "default_permissions": (),
                "permissions": [
                    ("view_event", "Can follow the stream of events"),
                    ("view_personal_data", "Can view personal data in events"),
                    ("send_test_event", "Can send test events"),
                ],
                "verbose_name": "event",
            },
        ),
        migrations.CreateModel(
            name="LessonRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(db_default="main", max_length=64)),
                ("type", models.CharField(db_default="", max_length=255)),
                ("epoch", models.CharField(db_default="", max_length=36)),
                ("position", models.BigIntegerField(db_default=0)),
                ("text", models.TextField(db_default="")),
            ],
            options={
                "verbose_name": "lesson",
                "db_table": "signalcast_lesson",
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("stream", "type"), name="signalcast_lesson_type")],
            },
        ),
    ]

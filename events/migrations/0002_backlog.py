from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signalcast", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="streamrow",
            name="backlog",
            field=models.BigIntegerField(null=True),
        ),
    ]

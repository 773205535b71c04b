from django.db import migrations, models


class AddIndexBesideWriters(migrations.AddIndex):
    """On PostgreSQL senders go on writing while a large log is looked through."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            beside = {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
            schema_editor.add_index(model, self.index, **beside)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("signalcast", "0005_lessons")]

    operations = [
        AddIndexBesideWriters(
            model_name="eventrow",
            index=models.Index(
                fields=["stream", "correlation_id", "position"],
                condition=~models.Q(correlation_id="") & models.Q(position__isnull=False),
                name="signalcast_event_chain",
            ),
        ),
    ]

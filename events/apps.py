from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"
    # Many projects have an app called "events": our label, and so our tables, are our own.
    label = "signalcast"
    verbose_name = "Signalcast"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import catalog, checks, migrating, nudge, origin  # noqa: F401  (checks register themselves)
        from .settings import current

        catalog.attach_all(current().SIGNALS)
        origin.follow_requests()
        migrating.follow(self)
        if current().PUBLISHER != "off":
            nudge.load()

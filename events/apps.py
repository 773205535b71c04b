from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class EventsConfig(AppConfig):
    name = "events"
    # Many projects have an app called "events": our label, and so our tables, are our own.
    label = "signalcast"
    verbose_name = "Signalcast"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        for name in ("consumers", "frontend"):
            _insist_on_ours(name)
        from . import catalog, checks, declarations, layer, migrating, origin  # noqa: F401  (checks register themselves)
        from .settings import current

        catalog.attach_all(current().SIGNALS)
        origin.follow_requests()
        migrating.follow(self)
        if current().PUBLISHER != "off":
            layer.load()


def _insist_on_ours(name: str) -> None:
    """Many projects have a package called `frontend`, too; which one is imported depends on the path."""
    if name not in settings.INSTALLED_APPS or f"signalcast_{name}" in apps.app_configs:
        return
    place = next((config.path for config in apps.get_app_configs() if config.name == name), "another place")
    raise ImproperlyConfigured(
        f"INSTALLED_APPS has {name!r}, which is Signalcast's, but Python finds that package in {place}. If it is "
        f"your own, it must have another name; with label = {name!r} in its AppConfig its tables, migrations and "
        "permissions stay as they are. Where Signalcast's is not wanted, list your own by the path of its AppConfig."
    )

from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured


class ConsumersConfig(AppConfig):
    name = "consumers"
    label = "signalcast_consumers"
    verbose_name = "Signalcast consumers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        _insist_on_our_events()
        if not apps.is_installed("django.contrib.auth"):
            raise ImproperlyConfigured(
                'Signalcast asks django.contrib.auth who may follow the stream. Add "django.contrib.auth" and '
                '"django.contrib.contenttypes" to INSTALLED_APPS.'
            )
        from . import changes, checks  # noqa: F401  (checks register themselves)

        changes.connect()


def _insist_on_our_events() -> None:
    """Many projects have a package called `events`; which one is imported depends on the path."""
    if "signalcast" in apps.app_configs:
        return
    spec = find_spec("events")
    place = ", ".join(spec.submodule_search_locations or [str(spec.origin)]) if spec else "no place"
    raise ImproperlyConfigured(
        f"Signalcast's app `events` is not installed. Python finds that package in {place}: if it is Signalcast's, add "
        '"events" to INSTALLED_APPS. If it is your own, it must have another name; with label = "events" in its '
        "AppConfig its tables, migrations and permissions stay as they are."
    )

"""The dashboard, as a Django application."""

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured


class FrontendConfig(AppConfig):
    name = "frontend"
    label = "signalcast_frontend"
    verbose_name = "Signalcast's dashboard"

    def ready(self) -> None:
        if "signalcast_consumers" not in apps.app_configs:
            raise ImproperlyConfigured('The dashboard follows the stream by "consumers". Add it to INSTALLED_APPS.')

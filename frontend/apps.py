"""The dashboard, as a Django application."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    name = "frontend"
    label = "signalcast_frontend"
    verbose_name = "Signalcast's dashboard"

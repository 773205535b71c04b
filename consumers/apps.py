from django.apps import AppConfig


class ConsumersConfig(AppConfig):
    name = "consumers"
    label = "signalcast_consumers"
    verbose_name = "Signalcast consumers"

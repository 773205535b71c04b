from django.apps import AppConfig
from django.conf import settings


class ChaosConfig(AppConfig):
    """In every process of a campaign, once all is loaded: the mutation that it shall find, if there is one."""

    name = "tests.chaos"
    label = "chaos"

    def ready(self):
        if settings.MUTANT:
            from .mutants import MUTANTS

            MUTANTS[settings.MUTANT]()

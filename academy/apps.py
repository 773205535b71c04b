from django.apps import AppConfig


class AcademyConfig(AppConfig):
    name = "academy"

    def ready(self):
        # Importing the receivers connects them.
        from academy import receivers  # noqa: F401

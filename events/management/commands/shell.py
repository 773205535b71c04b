"""`manage.py shell`, with the streamed signals imported beside the models."""

from typing import Any

from django.core.management.commands import shell

from events import catalog


class Command(shell.Command):
    help = shell.Command.help + " The streamed signals are imported too."

    def get_auto_imports(self) -> list[str]:
        return [*super().get_auto_imports(), *_paths()]

    def get_namespace(self, **options: Any) -> dict[str, Any]:
        namespace = super().get_namespace(**options)
        names = [path.rpartition(".")[2] for path in _paths()]
        if names and not options.get("no_imports") and options.get("verbosity", 0) > 0:
            self.stdout.write(f"Streamed signals: {', '.join(names)}.", self.style.SUCCESS, ending="\n\n")
        return namespace


def _paths() -> list[str]:
    return [attachment.path for attachment in catalog.attachments() if attachment.path]

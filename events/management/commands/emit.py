"""`manage.py emit academy.order_paid order=academy.Order:1 note=hello`: send a streamed signal from a script."""

import json
import re
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from events import catalog
from events.receivers import record

_OBJECT = re.compile(r"(?P<app>\w+)\.(?P<model>\w+):(?P<pk>.+)", re.DOTALL)


class Command(BaseCommand):
    help = "Send a streamed signal. The sender is the class of the first object among the arguments."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("type", help="the type of the event, e.g. academy.order_paid")
        parser.add_argument(
            "arguments",
            nargs="*",
            metavar="name=value",
            help="an object as order=academy.Order:1, else JSON, else a string; note='\"academy.Order:1\"' is a string",
        )

    def handle(self, *, type: str, arguments: list[str], **options: Any) -> None:
        try:
            attachment = catalog.attachment_of(type)
        except catalog.UnknownType as error:
            raise CommandError(str(error)) from error
        values: dict[str, Any] = {}
        for name, value in map(_argument, arguments):
            if name in values:
                raise CommandError(f"{name!r} is given twice.")
            values[name] = value
        sender = next((value.__class__ for value in values.values() if isinstance(value, Model)), None)
        # Robust: the event is recorded whatever a receiver does, and the others want to hear of it too.
        responses = attachment.signal.send_robust(sender=sender, **values)
        receivers = sum(receiver is not record for receiver, _ in responses)
        self.stdout.write(f"Sent {type} to {receivers} receiver{'' if receivers == 1 else 's'}.", self.style.SUCCESS)
        failed = [
            f"{_name(receiver)} raised {error!r}" for receiver, error in responses if isinstance(error, Exception)
        ]
        if failed:
            raise CommandError(f"{len(failed)} of them failed: {'; '.join(failed)}.")


def _name(receiver: Any) -> str:
    return getattr(receiver, "__qualname__", type(receiver).__qualname__)


def _argument(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise CommandError(f"{text!r} is not an argument: write name=value, e.g. note=hello or order=academy.Order:1.")
    if name in ("self", "sender", "signal"):
        raise CommandError(f"{name!r} is not an argument: the sender is the class of the first object.")
    if match := _OBJECT.fullmatch(value):
        return name, _object(**match.groupdict())
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value


def _object(app: str, model: str, pk: str) -> Model:
    try:
        found = apps.get_model(app, model)
    except LookupError as error:
        models = ", ".join(sorted(known._meta.label for known in apps.get_models()))
        string = f"For a string, write it in JSON: '\"{app}.{model}:{pk}\"'."
        raise CommandError(f"There is no model {app}.{model}. There are: {models}. {string}") from error
    try:
        instance: Model = found._base_manager.get(pk=pk)
    except (ObjectDoesNotExist, ValueError, ValidationError) as error:
        keys = ", ".join(str(key) for key in found._base_manager.order_by("pk").values_list("pk", flat=True)[:10])
        raise CommandError(f"There is no {found._meta.label} {pk}. There are: {keys or 'none'}.") from error
    return instance

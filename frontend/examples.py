"""The commands that the empty dashboard prints: for this project's own signals, and right when pasted.

A signal `order_paid` of an app that has a model `Order` is shown with the first order there is; any other signal, or an
empty table, with a note.
"""

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError
from django.db.models import Model

from events.attachment import Attachment


class Argument(NamedTuple):
    """The name of a signal's argument, and the row to send in it."""

    name: str
    row: Model


def examples(attachments: Iterable[Attachment]) -> dict[str, str]:
    """One command for the terminal and some lines for the shell; both empty where nothing is streamed."""
    chosen = choose(attachments)
    if chosen is None:
        return {"shell": "", "code": ""}
    attachment, argument = chosen
    return {"shell": shell(attachment, argument), "code": code(attachment, argument)}


def models(attachments: Iterable[Attachment]) -> dict[str, str]:
    """Where code imports the models from that events are about: the users', and those of the apps that send."""
    labels = {attachment.type.rpartition(".")[0] for attachment in attachments} & set(apps.app_configs)
    known = {get_user_model(), *(model for label in labels for model in apps.get_app_config(label).get_models())}
    return {model._meta.label_lower: f"{model.__module__}.{model.__qualname__}" for model in known}


def choose(attachments: Iterable[Attachment]) -> tuple[Attachment, Argument | None] | None:
    """The first signal for which there is a row to send, or else the first of all."""
    listed = [attachment for attachment in attachments if attachment.path is not None]
    for attachment in listed:
        if (argument := argument_of(attachment)) is not None:
            return attachment, argument
    return (listed[0], None) if listed else None


def argument_of(attachment: Attachment) -> Argument | None:
    label, _, signal = attachment.type.rpartition(".")
    if label not in apps.app_configs:
        return None
    models = apps.get_app_config(label).get_models()
    # The longest name first: of Order and OrderItem, `order_item_sent` is about the second.
    for model in sorted(models, key=lambda model: -len(model.__name__)):
        name = snake(model.__name__)
        if signal.startswith(f"{name}_") and (row := first(model)) is not None:
            return Argument(name, row)
    return None


def first(model: type[Model]) -> Model | None:
    try:
        return model._default_manager.order_by("pk").first()
    except DatabaseError:  # its table is not there yet: an example is not worth a broken page
        return None


def shell(attachment: Attachment, argument: Argument | None) -> str:
    value = "note=hello"
    if argument is not None:
        value = f"{argument.name}={argument.row._meta.label}:{argument.row.pk}"
    return shlex.join([python(), "manage.py", "emit", attachment.type, value])


def code(attachment: Attachment, argument: Argument | None) -> str:
    module, _, signal = str(attachment.path).rpartition(".")
    imports = [f"from {module} import {signal}"]
    send = f'{signal}.send(sender=None, note="hello")'
    if argument is not None:
        model = type(argument.row)
        imports.insert(0, f"from {model.__module__} import {model.__name__}")
        send = f"{signal}.send(sender={model.__name__}, {argument.name}={model.__name__}.objects.first())"
    return "\n".join([*imports, send])


def python() -> str:
    """The interpreter as one types it in the project's folder."""
    base = getattr(settings, "BASE_DIR", None)
    executable = Path(sys.executable)
    if base is not None and executable.is_relative_to(base):
        return str(executable.relative_to(base))
    return "python"


def snake(name: str) -> str:
    """OrderItem → order_item."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")

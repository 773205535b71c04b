"""Code and commands that send a project's own signals: right when pasted, into a terminal and into `manage.py shell`.

A signal is shown with the arguments that it was seen to have, or that are documented beside it, "order (Order)", or
else with the model that it is named after, `order_paid`; of each model the first row there is. What is personal is
never an argument.
"""

import json
import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from keyword import iskeyword
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Model

from .attachment import Attachment, attached
from .documentation import documentation_of
from .shape import shape

MAX_ARGUMENTS = 6

_DOCUMENTED = re.compile(r"\b([a-z_]\w*) \(([A-Z]\w*)\b")
_TAKEN = ("self", "sender", "signal")

Learnt = Mapping[str, Any]
"""The JSON Schema of a signal's arguments, with examples."""


class Argument(NamedTuple):
    """The name of a signal's argument, and what to send in it: a row, or a value of JSON."""

    name: str
    value: Any


def examples(attachments: Iterable[Attachment]) -> dict[str, str]:
    """One command for the terminal and some lines for the shell; both empty where nothing is streamed."""
    chosen = choose(attachments)
    if chosen is None:
        return {"shell": "", "code": ""}
    return {"shell": shell(*chosen), "code": code(*chosen)}


def models(attachments: Iterable[Attachment]) -> dict[str, str]:
    """Where code imports the models from that events are about: the users', and those of the apps that send."""
    labels = {attachment.type.rpartition(".")[0] for attachment in attachments} & set(apps.app_configs)
    known = {get_user_model(), *(model for label in labels for model in apps.get_app_config(label).get_models())}
    return {model._meta.label_lower: f"{model.__module__}.{model.__qualname__}" for model in known}


def choose(attachments: Iterable[Attachment]) -> tuple[Attachment, list[Argument]] | None:
    """The first signal for which there is a row to send, or else the first of all."""
    chosen = None
    for attachment in attachments:
        arguments = arguments_of(attachment) if attachment.path is not None else []
        if _model_of(arguments):
            return attachment, arguments
        if arguments and chosen is None:
            chosen = attachment, arguments
    return chosen


def arguments_of(attachment: Attachment, learnt: Learnt | None = None) -> list[Argument]:
    """What to send. There is always something, but for a signal of Django's own that is about no row: who sends that
    by hand breaks its receivers, which count on what Django sends along.
    """
    # Where a function makes the payload, that says nothing of the arguments.
    seen = _learnt(learnt) if learnt and attachment.data is None else []
    if not _model_of(seen):
        seen = [*_documented(attachment), *seen] or _named(attachment)
    if not _model_of(seen) and str(attachment.path).startswith("django."):
        return []
    return seen[:MAX_ARGUMENTS] or [Argument("note", "hello")]


def shell(attachment: Attachment, arguments: Iterable[Argument]) -> str:
    """A command for the terminal."""
    return shlex.join([python(), "manage.py", "emit", attachment.type, *map(_on_the_command_line, arguments)])


def code(attachment: Attachment, arguments: Iterable[Argument]) -> str:
    """Lines of Python, the last of which sends the signal."""
    module, _, signal = str(attachment.path).rpartition(".")
    arguments = list(arguments)
    imports = sorted(f"from {model.__module__} import {model.__name__}" for model in _used(arguments))
    return "\n".join([*imports, f"from {module} import {signal}", line(attachment, arguments)])


def line(attachment: Attachment, arguments: Iterable[Argument]) -> str:
    """The last of these lines, which is enough where signals and models are imported: in `manage.py shell`."""
    arguments = list(arguments)
    model = _model_of(arguments)
    given = [f"{name}={_in_python(value)}" for name, value in arguments]
    signal = str(attachment.path).rpartition(".")[2]
    return f"{signal}.send({', '.join([f'sender={model.__name__ if model else None}', *given])})"


def in_shell(attachment: Attachment, arguments: Iterable[Argument]) -> str:
    """One line for `manage.py shell`, with the imports if what has one of these names there may be something else."""
    arguments = list(arguments)
    wanted = [_last(attachment.path), *(model.__name__ for model in _used(arguments))]
    signals = [_last(each.path) for each in attached.values()]
    there = Counter([*signals, *(model.__name__ for model in apps.get_models())])
    is_clear = all(there[name] <= 1 for name in wanted)
    return line(attachment, arguments) if is_clear else code(attachment, arguments).replace("\n", "; ")


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


def _learnt(learnt: Learnt) -> list[Argument]:
    """Of what was seen: what was in every event, or everything as long as there were few."""
    fields = learnt.get("properties", {})
    always = learnt.get("required") or fields
    found = [_seen(name, fields[name]) for name in always if name in fields and _is_name(name)]
    return [argument for argument in found if argument is not None]


def _seen(name: str, field: Learnt) -> Argument | None:
    properties = field.get("properties", {})
    if "model" in properties and "pk" in properties:
        labels = properties["model"].get("examples", [])
        row = _first_of(labels[0]) if len(labels) == 1 else None
        return Argument(name, row) if row is not None else None
    values = field.get("examples", [])
    is_whole = bool(values) and not (isinstance(values[-1], str) and values[-1].endswith("…"))
    return Argument(name, values[-1]) if is_whole else None


def _documented(attachment: Attachment) -> list[Argument]:
    """`order (Order)` in what is said beside the signal."""
    known = {model.__name__: model for model in _models_of(attachment)}
    text = documentation_of(attachment.path or "").text
    pairs = dict(pair for pair in _DOCUMENTED.findall(text) if pair[1] in known and _is_name(pair[0]))
    rows = {name: first(known[model]) for name, model in pairs.items()}
    return [Argument(name, row) for name, row in rows.items() if row is not None]


def _named(attachment: Attachment) -> list[Argument]:
    signal = attachment.type.rpartition(".")[2]
    # The longest name first: of Order and OrderItem, `order_item_sent` is about the second.
    for model in sorted(_models_of(attachment), key=lambda model: -len(model.__name__)):
        name = snake(model.__name__)
        if signal.startswith(f"{name}_") and (row := first(model)) is not None:
            return [Argument(name, row)]
    return []


def _models_of(attachment: Attachment) -> list[type[Model]]:
    label = attachment.type.rpartition(".")[0]
    return list(apps.get_app_config(label).get_models()) if label in apps.app_configs else []


def _first_of(label: Any) -> Model | None:
    try:
        return first(apps.get_model(label))
    except (LookupError, ValueError, AttributeError):  # It was a model once, or somebody's own text.
        return None


def first(model: type[Model]) -> Model | None:
    known = shape(model)
    if known.is_secret_key or known.has_personal_key:  # A command names a row by its key.
        return None
    try:
        return model._default_manager.order_by("pk").first()
    except Exception:  # Its table may not be there yet, its manager show rows to nobody: no reason to break a page.
        return None


def _model_of(arguments: Iterable[Argument]) -> type[Model] | None:
    return next((type(each.value) for each in arguments if isinstance(each.value, Model)), None)


def _last(path: str | None) -> str:
    return str(path).rpartition(".")[2]


def _used(arguments: Iterable[Argument]) -> set[type[Model]]:
    return {type(argument.value) for argument in arguments if isinstance(argument.value, Model)}


def _is_name(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not iskeyword(name) and name not in _TAKEN


def _on_the_command_line(argument: Argument) -> str:
    value = argument.value
    if isinstance(value, Model):
        return f"{argument.name}={value._meta.label}:{value.pk}"
    is_plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w-]*", value) and value not in _WORDS_OF_JSON
    return f"{argument.name}={value if is_plain else json.dumps(value)}"


_WORDS_OF_JSON = ("true", "false", "null", "NaN", "Infinity")


def _in_python(value: Any) -> str:
    if isinstance(value, Model):
        model = type(value)
        return f"{model.__name__}.{model._default_manager.name}.first()"
    # JSON's quotes, as most people write them; where something might hide, all of it is escaped.
    is_plain = isinstance(value, str) and value.isascii() and value.isprintable()
    return json.dumps(value) if is_plain else ascii(value)

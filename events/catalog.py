"""The catalog: which signals are streamed, and under which names."""

import logging
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.apps import apps
from django.db import connections
from django.dispatch import Signal
from django.utils.module_loading import import_string

from .attachment import Attachment, attached
from .observation import observe, unobserve
from .receivers import record

logger = logging.getLogger("signalcast.events")

MAX_TYPE = 255

_UID = "signalcast.record"


class CatalogError(Exception):
    """An entry of SIGNALCAST["SIGNALS"] that cannot be streamed; the message says why and what to write."""


class UnknownType(Exception):
    """No signal of this type is streamed. The message lists those that are."""

    def __init__(self, type: str) -> None:
        known = ", ".join(attachment.type for attachment in attachments()) or "none"
        super().__init__(f"No streamed signal is called {type!r}; there are: {known}.")


def attach(
    signal: Signal,
    *,
    type: str,
    data: Callable[..., Mapping[Any, Any]] | None = None,
    personal: Iterable[str] = (),
    using: str | None = None,
    path: str | None = None,
) -> Attachment:
    """Stream a signal. Attaching it again replaces what was said before.

    `type` is the type of its events, e.g. `shop.order_paid`. `data`, called with `sender` and the signal's arguments,
    returns what the events carry in the place of the arguments. `personal` are paths into that, e.g. `buyer.email`,
    to what only those see who may view personal data. `using` is the alias of the database in whose
    transactions the signal is sent. Raises ValueError if one of them cannot be what it should.
    """
    if isinstance(signal, str):
        raise ValueError(f'{signal!r} is a text: attach the signal itself, or name it in SIGNALCAST["SIGNALS"]')
    if not isinstance(type, str) or not 0 < len(type) <= MAX_TYPE or not type.isprintable():
        raise ValueError(f"{type!r} is no event type: write 1 to {MAX_TYPE} printable characters, e.g. shop.order_paid")
    if data is not None and (not callable(data) or iscoroutinefunction(data)):
        raise ValueError(f"{data!r} is no function that makes the payload, in the sender's call")
    if using is not None and using not in connections:
        raise ValueError(f"{using!r} is no database: write one of {', '.join(connections)}")
    attachment = Attachment(signal=signal, type=type, path=path, data=data, personal=_paths(personal), using=using)
    detach(signal)
    attached[signal] = attachment
    signal.connect(record, weak=False, dispatch_uid=_UID)
    _move_to_the_front(signal)
    observe(signal)
    return attachment


def detach(signal: Signal) -> None:
    """Stream a signal no longer. Nothing happens if it was not streamed."""
    unobserve(signal)
    signal.disconnect(dispatch_uid=_UID)
    attached.pop(signal, None)


def attach_all(entries: Iterable[str]) -> None:
    """Attach what SIGNALCAST["SIGNALS"] names. A wrong entry is logged, and is an error of `manage.py check`."""
    paths: dict[Signal, str] = {}
    for entry in entries:
        try:
            for path, signal in find(entry).items():
                # One that is named itself has that name, whatever module before it has imported it.
                if signal not in paths or path == entry:
                    paths[signal] = path
        except CatalogError as error:
            logger.error("%s", error, extra={"action": "attach_failed"})
    for signal, path in paths.items():
        try:
            if signal not in attached:
                attach(signal, type=type_of(path), path=path)
        except ValueError as error:
            logger.error("%s", error, extra={"action": "attach_failed"})


def attachments() -> tuple[Attachment, ...]:
    """What is streamed, in the order in which it was attached."""
    return tuple(attached.values())


def attachment_of(type: str) -> Attachment:
    """The attachment of an event type. Raises UnknownType."""
    for attachment in attached.values():
        if attachment.type == type:
            return attachment
    raise UnknownType(type)


def find(entry: object) -> dict[str, Signal]:
    """The signals that an entry names, by their paths: those of a module, or a single one. Raises CatalogError."""
    if not isinstance(entry, str):
        raise CatalogError(f'SIGNALCAST["SIGNALS"] has {entry!r}; write the dotted path of a module or of a signal')
    try:
        found = _import(entry)
    except Exception as error:  # Importing a project's module may raise anything.
        raise CatalogError(f'SIGNALCAST["SIGNALS"] names {entry!r}, which cannot be imported: {error}') from error
    if isinstance(found, Signal):
        return {entry: found}
    if not isinstance(found, ModuleType):
        raise CatalogError(f'SIGNALCAST["SIGNALS"] names {entry!r}, which is neither a module nor a Signal')
    names = [name for name, value in vars(found).items() if isinstance(value, Signal) and not name.startswith("_")]
    signals = {f"{entry}.{name}": vars(found)[name] for name in names}
    if not signals:
        raise CatalogError(f'SIGNALCAST["SIGNALS"] names {entry!r}, a module without a Signal')
    return signals


def type_of(path: str) -> str:
    """The event type of a signal: the label of the app that holds it, else its top package, and its name."""
    module, _, name = path.rpartition(".")
    app = apps.get_containing_app_config(module)
    return f"{app.label if app else module.partition('.')[0]}.{name}"


def _paths(personal: Iterable[str]) -> tuple[str, ...]:
    is_list = isinstance(personal, Iterable) and not isinstance(personal, str)
    paths = tuple(personal) if is_list else ()
    if not is_list or not all(isinstance(path, str) and path for path in paths):
        raise ValueError(f'{personal!r} are no paths: write a tuple of them, e.g. personal=("note", "buyer.email")')
    return paths


def _import(entry: str) -> Any:
    try:
        return import_module(entry)
    except ModuleNotFoundError as error:
        # Only if the entry itself is no module: a module that fails to import another must say so.
        if "." not in entry or error.name is None or not (entry + ".").startswith(error.name + "."):
            raise
        return import_string(entry)


def _move_to_the_front(signal: Signal) -> None:
    """An earlier receiver that raises would stop `Signal.send`, and the event would be lost."""
    with signal.lock:
        ours = [receiver for receiver in signal.receivers if receiver[0][0] == _UID]
        others = [receiver for receiver in signal.receivers if receiver[0][0] != _UID]
        signal.receivers = ours + others
        signal.sender_receivers_cache.clear()

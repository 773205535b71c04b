"""`manage.py check`: what is wrong with SIGNALCAST, its database and its channel layer, and what to write instead."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from inspect import isclass
from math import inf
from typing import Any

from asgiref.sync import iscoroutinefunction
from channels import DEFAULT_CHANNEL_LAYER
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connections
from django.db.models import signals as model_signals
from django.db.models.signals import ModelSignal
from django.utils.module_loading import import_string

from . import catalog, layer
from .settings import NAMES, PUBLISHERS

MOST_DATA_BYTES = 512 * 1024

# The least of each number, and the most, if there is one.
_RANGES = {
    "MAX_DATA_BYTES": (256, MOST_DATA_BYTES),
    "RING_EVENTS": (1, None),
    "RING_BYTES": (1024, None),
    "MAX_NOTES": (1, None),
    "MAX_CLIENTS": (1, None),
    "MAX_CLIENTS_PER_USER": (1, None),
    "MAX_CLIENTS_PER_ADDRESS": (1, None),
    "MAX_HANDSHAKES": (1, None),
    "MAX_MESSAGE_BYTES": (256, 1024 * 1024),
    "MAX_MESSAGES": (1, None),
    "MAX_JSON_DEPTH": (2, 200),
    "MAX_WINDOW": (1, 1_000_000),
    "MAX_FILTER_DEPTH": (3, 50),
    "MAX_FILTER_EXPRESSIONS": (1, 10_000),
    "TRUSTED_PROXIES": (0, 10),
}
_WHY = {"MAX_DATA_BYTES": ": servers refuse frames of 1 MiB"}

_FOR_EVERY_MODEL = [signal for signal in vars(model_signals).values() if isinstance(signal, ModelSignal)]

# RFC 3986 §2, without the query and the fragment, behind which stream and epoch would be lost.
_SOURCE = re.compile(r"(?=.{1,255}\Z)(?:[A-Za-z0-9._~:/@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})+")

# RFC 6750 §2.1, and long enough to be no word.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")


@register("signalcast")
def check_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    given = getattr(django_settings, "SIGNALCAST", None)
    if given is None:
        return [
            _warning(
                1,
                "SIGNALCAST is not set: no signal is streamed.",
                'SIGNALCAST = {"SIGNALS": ["shop.signals"]}',
            )
        ]
    if not isinstance(given, Mapping):
        return [_error(1, "SIGNALCAST is not a dictionary.", 'SIGNALCAST = {"SIGNALS": ["shop.signals"]}')]
    found = (_unknown(given), _signals(given), _types(), _values(given), _policy(given), _database(given), _layer())
    return [message for messages in found for message in messages]


def _unknown(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for name in given:
        if name not in NAMES:
            yield _error(2, f"SIGNALCAST has the unknown key {name!r}.", f"one of {', '.join(NAMES)}")


def _signals(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    entries = given.get("SIGNALS", ())
    if not isinstance(entries, list | tuple):
        yield _error(3, 'SIGNALCAST["SIGNALS"] is not a list.', '"SIGNALS": ["shop.signals"]')
        return
    if not entries:
        yield _warning(
            2,
            'SIGNALCAST["SIGNALS"] is empty: no signal is streamed.',
            '"SIGNALS": ["shop.signals"]',
        )
    for entry in entries:
        try:
            found = catalog.find(entry)
        except catalog.CatalogError as error:
            yield _error(
                4,
                f"{error}.",
                'the dotted path of a module that holds signals, or of one, e.g. "shop.signals.order_paid"',
            )
            continue
        if not entry.startswith("django."):
            yield from _imported(path for path, signal in found.items() if path != entry and signal in _FOR_EVERY_MODEL)


def _imported(paths: Iterable[str]) -> Iterator[CheckMessage]:
    for path in paths:
        yield _warning(
            16,
            f"{path} is Django's own signal, which that module has imported: it is streamed for every model there is.",
            'the signals one by one, e.g. "shop.signals.order_paid", or silence this check',
        )


def _types() -> Iterator[CheckMessage]:
    """Of what is streamed, also by `attach` in code."""
    paths = defaultdict(list)
    for attachment in catalog.attachments():
        paths[attachment.type].append(attachment.path or "one that code has attached")
    for type, found in paths.items():
        if len(found) > 1:
            yield _warning(
                19,
                f"Several signals are streamed as {type}: {', '.join(found)}. Nobody can tell their events apart.",
                f'in an AppConfig.ready(), for all but one: events.attach(signal, type="{type}_too")',
            )


def _values(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    if given.get("PUBLISHER", "thread") not in PUBLISHERS:
        yield _error(
            5,
            f'SIGNALCAST["PUBLISHER"] is {given["PUBLISHER"]!r}.',
            f"one of {', '.join(PUBLISHERS)}",
        )
    for name, (least, most) in _RANGES.items():
        value = given.get(name, least)
        if type(value) is not int or value < least:
            yield _error(6, f"SIGNALCAST[{name!r}] is {value!r}.", f"a whole number of at least {least}")
        elif most and value > most:
            yield _error(7, f"SIGNALCAST[{name!r}] is {value!r}, too large{_WHY.get(name, '')}.", f"at most {most}")
    for name in ("HEARTBEAT", "HELLO_SECONDS"):
        seconds = given.get(name, 10)
        if type(seconds) not in (int, float) or not 0.01 <= seconds < inf:
            yield _error(6, f"SIGNALCAST[{name!r}] is {seconds!r}.", "a number of seconds, at least 0.01")
    source = given.get("SOURCE", "/")
    if not isinstance(source, str) or not _SOURCE.fullmatch(source):
        yield _error(
            8,
            f'SIGNALCAST["SOURCE"] is {source!r}, no URI reference of at most 255 characters that a path can follow.',
            '"SOURCE": "/shop" or "https://example.com"',
        )
    token = given.get("METRICS_TOKEN", "")
    if not isinstance(token, str) or (token and not _TOKEN.fullmatch(token)):
        # Without its value: what is wrong may be a secret all the same.
        yield _error(
            13,
            'SIGNALCAST["METRICS_TOKEN"] is no token.',
            "at least 16 letters, digits and -._~+/, e.g. what python -c "
            "'import secrets; print(secrets.token_urlsafe())' prints",
        )


def _policy(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    path, problem = given.get("CAN_FOLLOW", ""), ""
    try:
        found = import_string(path) if path and isinstance(path, str) else None
        if path != "" and not callable(found):
            problem = "no path of a function"
        elif isclass(found):
            problem = "a class: whatever it makes of its arguments would mean yes"
        elif iscoroutinefunction(found):
            problem = "which is asynchronous: it is called in a thread, and has to answer there"
    except Exception as error:  # Whatever the project's module raises.
        problem = f"which cannot be imported ({error})"
    if problem:
        yield _error(
            15,
            f'SIGNALCAST["CAN_FOLLOW"] is {path!r}, {problem}.',
            '"CAN_FOLLOW": "shop.policy.can_follow", or nothing',
        )


def _database(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    alias = given.get("DATABASE", "default")
    if alias not in connections:
        yield _error(
            9,
            f'SIGNALCAST["DATABASE"] is {alias!r}, which DATABASES does not have.',
            f"one of {', '.join(connections)}",
        )
        return
    connection = connections[alias]
    if connection.vendor not in ("sqlite", "postgresql"):
        yield _error(10, f"The log cannot live in {connection.vendor}.", "a PostgreSQL or SQLite database")
    if connection.vendor == "sqlite":
        yield from _sqlite(alias, connection)
    # An empty "default", where a router decides, is no database.
    engines = {other: settings["ENGINE"] for other, settings in connections.settings.items() if other != alias}
    others = ", ".join(other for other, engine in engines.items() if engine != "django.db.backends.dummy")
    if others:
        yield _warning(
            4,
            f"Signals sent in transactions of {others} are recorded after their commit, in a transaction of their own.",
            f"business whose events must be transactional into {alias!r}, or silence this check",
        )


def _sqlite(alias: str, connection: Any) -> Iterator[CheckMessage]:
    options = connection.settings_dict.get("OPTIONS", {})
    if str(options.get("transaction_mode", "")).upper() not in ("IMMEDIATE", "EXCLUSIVE"):
        yield _error(
            11,
            f"The database {alias!r} is SQLite with deferred transactions: a sender that reads before it writes makes "
            "appends fail at once, whatever the timeout.",
            '"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, '
            '"init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"}',
        )
    elif "wal" not in str(options.get("init_command", "")).lower() and not connection.is_in_memory_db():
        yield _warning(
            5,
            f"The database {alias!r} is SQLite without write-ahead logging: readers and senders wait for each other.",
            '"init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;" among its OPTIONS',
        )


def _layer() -> Iterator[CheckMessage]:
    configured = getattr(django_settings, "CHANNEL_LAYERS", {})
    if configured and DEFAULT_CHANNEL_LAYER not in configured:
        yield _warning(
            7,
            f"CHANNEL_LAYERS has no {DEFAULT_CHANNEL_LAYER!r}: new events cross no channel layer.",
            f"{DEFAULT_CHANNEL_LAYER!r} for the layer that shall carry them, or silence this check",
        )
    try:
        waits, patience = layer.patience()
    except Exception as error:  # Whatever the backend makes of its configuration.
        yield _error(12, f"The channel layer cannot be made: {error}.", "a BACKEND that is installed, and its CONFIG")
        return
    if patience <= waits:
        yield _warning(
            6,
            f"The core Redis layer waits {waits} s for a message, but its connections give up after {patience} s "
            "(redis-py's default since 8.0 is 5): it is lost and joined again every few seconds.",
            '"hosts": [{"address": "redis://…", "socket_timeout": 15}], or take channels_redis.pubsub, '
            "which does not wait",
        )


def _error(number: int, message: str, write: str) -> CheckMessage:
    return Error(message, hint=f"Write {write}.", id=f"signalcast.E{number:03}")


def _warning(number: int, message: str, write: str) -> CheckMessage:
    return Warning(message, hint=f"Write {write}.", id=f"signalcast.W{number:03}")

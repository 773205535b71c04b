"""SIGNALCAST, the project's one setting, with the defaults. `manage.py check` says what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings as django_settings
from django.db import DEFAULT_DB_ALIAS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    # Which signals are streamed: modules (every Signal in them) and dotted paths of single signals.
    SIGNALS: tuple[str, ...] = ()
    # The alias of the database that holds the log. Events are transactional only for business in the same one.
    DATABASE: str = "default"
    # Who assigns positions after a commit: "thread" (of this process), "inline" (the sender), "off" (the servers).
    PUBLISHER: str = "thread"
    # The largest `data` of one event, in bytes of JSON; what is larger is replaced by a mark that says so.
    MAX_DATA_BYTES: int = 65_536
    # The CloudEvents `source` of this project's events, a URI reference; stream and epoch are added to it.
    SOURCE: str = "/signalcast"
    # How many of the newest events each server process holds in memory; older ones are read from the log.
    RING_EVENTS: int = 10_000
    # The same in bytes of JSON, whichever is reached first.
    RING_BYTES: int = 16 * 1024 * 1024
    # How many notes are kept: what receivers did with events, and what rolled back.
    MAX_NOTES: int = 100_000
    # How many clients a server process takes; the next ones are told to come back later.
    MAX_CLIENTS: int = 10_000
    # How many of them may be of one user, or come from one address; the next ones are told the same.
    MAX_CLIENTS_PER_USER: int = 5000
    MAX_CLIENTS_PER_ADDRESS: int = 10_000
    # How many handshakes a server process looks at in a second; whoever is one too many comes back later.
    MAX_HANDSHAKES: int = 5000
    # Seconds within which a client of signalcast.v1 says hello.
    HELLO_SECONDS: float = 10.0
    # The largest message of a client, in bytes, and how many of them it may send in a second.
    MAX_MESSAGE_BYTES: int = 65_536
    MAX_MESSAGES: int = 1000
    # How deep a client's message may be nested.
    MAX_JSON_DEPTH: int = 32
    # How many events may be under way to a client that it has not acknowledged.
    MAX_WINDOW: int = 4096
    # How deep a filter may be nested, and how many expressions it may have.
    MAX_FILTER_DEPTH: int = 8
    MAX_FILTER_EXPRESSIONS: int = 100
    # How many proxies of yours a request comes through, each of which adds to X-Forwarded-For.
    TRUSTED_PROXIES: int = 0
    # The dotted path of can_follow(viewer, stream, event_type), which says what of the stream a viewer may see.
    CAN_FOLLOW: str = ""
    # Seconds between two heartbeats to a client; it tells a quiet stream from a dead connection.
    HEARTBEAT: float = 10.0
    # Whoever sends it as a bearer token may read /metrics; empty: this machine alone may.
    METRICS_TOKEN: str = ""


PUBLISHERS = ("thread", "inline", "off")
NAMES = tuple(field.name for field in fields(Settings))

_made: tuple[object, Settings] = (None, Settings())


def current() -> Settings:
    """The settings in force. Unknown names are left to `manage.py check`."""
    global _made
    given = getattr(django_settings, "SIGNALCAST", None)
    if given is not _made[0]:
        _made = (given, _settings(given))
    return _made[1]


def migration() -> str:
    """The command that makes the log's tables, where they belong."""
    alias = current().DATABASE
    return "manage.py migrate" if alias == DEFAULT_DB_ALIAS else f"manage.py migrate --database {alias}"


def _settings(given: object) -> Settings:
    if not isinstance(given, Mapping):
        return Settings()
    known: dict[str, Any] = {name: given[name] for name in NAMES if name in given}
    signals = known.pop("SIGNALS", ())
    # Anything else is an error of `manage.py check`, which must come that far.
    known["SIGNALS"] = tuple(signals) if isinstance(signals, list | tuple) else ()
    return Settings(**known)

"""The one receiver: it records a signal as an event, in the sender's own transaction, and never troubles the sender."""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError, Error, InterfaceError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.transaction import TransactionManagementError
from django.dispatch import Signal

from . import metrics
from .attachment import Attachment, attached
from .event import Event, new_id, now
from .fate import Fate
from .insertion import Interrupted, TransactionLost, insert, reason
from .instance import memory
from .origin import host, line, origin
from .payload import compute, describe
from .process import publisher
from .publication import append_again, is_in_memory
from .sending import Sending
from .sending import current as current_sending
from .settings import Settings, current
from .stencil import fill
from .streams import MAIN
from .summary import one_line

logger = logging.getLogger("signalcast.events")


def record(sender: Any, *, signal: Signal, **arguments: Any) -> None:
    """Build the event now, since arguments may change later, and append it.

    Never raises, but for TransactionLost: the sender's work is undone, and it must not think that it was committed. And
    for what is the sender's own, from a signal handler.
    """
    if publisher().is_here:  # It connects: to note that as an event, it would have to connect again, for ever.
        return
    if sys.is_finalizing():  # An object sends as it is taken down. Python waits for ever for a thread that starts now.
        return
    try:
        _record(attached[signal], sender, arguments)
    except TransactionLost:
        raise
    except Interrupted as interrupted:
        raise interrupted.error from None
    except Exception:  # Whatever it is, it is ours to answer for, not the sender's.
        metrics.failed("record")
        logger.exception("A signal could not be recorded as an event", extra={"action": "record_failed"})


def _record(attachment: Attachment, sender: Any, arguments: dict[str, Any]) -> None:
    metrics.emitted(attachment.type)
    sending = _sending_of(attachment.signal)
    settings = current()
    own = connections[settings.DATABASE]
    decides = _transaction_that_decides(attachment, arguments, own)
    if decides in (None, own):
        _append(_event(attachment, sender, arguments, sending, settings), sending, own)
    else:
        event = _event(attachment, sender, arguments, sending, settings, recorded="aftercommit")
        _on_commit(lambda: _append_apart(event, sending), decides)
    if not sending.method:
        sending.finish()


def _sending_of(signal: Signal) -> Sending:
    """The sending that this is a part of; one that nobody watches where the signal could not be observed."""
    sending = current_sending()
    return sending if sending and sending.signal is signal and not sending.event_id else Sending(signal, "")


def _event(
    attachment: Attachment,
    sender: Any,
    arguments: dict[str, Any],
    sending: Sending,
    settings: Settings,
    *,
    recorded: str = "",
) -> Event:
    limit, personal = settings.MAX_DATA_BYTES, attachment.personal
    if attachment.data is None:
        payload = fill(arguments, limit=limit, personal=personal) or describe(arguments, limit=limit, personal=personal)
    else:
        payload = compute(attachment.data, sender, arguments, limit=limit, personal=personal)
    time = now()
    came = origin()
    cause = sending.cause
    id = new_id(time)
    sending.event_id, sending.type = id, attachment.type
    # Nobody looks behind it from now on; and what sends itself again and again would keep all that it ever sent.
    sending.parent = None
    sending.correlation_id = cause.correlation_id if cause else came.correlation_id or id
    return Event(
        id=id,
        stream=MAIN,
        type=attachment.type,
        source=settings.SOURCE,
        time=time,
        data=payload.text,
        sender=_name_of(sender),
        subject=payload.subject,
        summary=payload.summary,
        degraded=payload.degraded,
        personal=payload.personal,
        recorded=recorded,
        correlation_id=sending.correlation_id,
        causation_id=cause.event_id if cause else "",
        traceparent=came.traceparent,
        origin=came.text,
        origin_host=host(),
        origin_user=came.user,
        sent_from=_line_of(sending),
    )


def _line_of(sending: Sending) -> str:
    caller = sending.caller
    return caller if isinstance(caller, str) else line(caller or sys._getframe())


def _append(event: Event, sending: Sending, connection: BaseDatabaseWrapper) -> None:
    try:
        row_id = insert(event, connection)
    except SynchronousOnlyOperation:
        # A plain `send()` in async code: Django's own refusal, not a guess from a running loop.
        if not is_in_memory():  # As only a test's is, and a thread would lock it out.
            _hand_over(event.marked("besteffort"), sending, connection.alias)
    except TransactionLost:
        metrics.failed("append")
        raise
    except Exception as error:
        if _is_forbidden(error):
            return
        if not connection.needs_rollback:  # Else nothing can be appended, and most likely there will be no commit.
            metrics.failed("append")
            logger.warning(
                "The event %s of type %s could not be appended to the log in %r; trying once more after the commit: %s",
                event.id,
                event.type,
                connection.alias,
                reason(error),
                exc_info=not isinstance(error, Error),  # A database's own words say it all, and there may be many.
                extra={"action": "append_failed"},
            )
        late = event.marked("aftercommit")
        if not _on_commit(lambda: _hand_over(late, sending, connection.alias, append_again), connection):
            metrics.failed("retry")
            logger.error(
                "The event %s of type %s is lost: with autocommit off there is no commit to wait for",
                event.id,
                event.type,
                extra={"action": "event_lost"},
            )
    else:
        _on_commit(Fate(event, row_id, sending, connection).commit, connection)


def _is_forbidden(error: Exception) -> bool:
    """Whether a test keeps everybody from the database: Django's SimpleTestCase, or pytest-django without its mark."""
    return type(error).__name__ == "DatabaseOperationForbidden" or '"django_db" mark' in str(error)


def _append_apart(event: Event, sending: Sending) -> None:
    """After another database's commit: whatever becomes of a transaction that is open here, the event stays.

    In memory it is part of that: a thread would lock the sender out.
    """
    connection = connections[current().DATABASE]
    if connection.in_atomic_block and not is_in_memory():
        return _hand_over(event, sending, connection.alias)
    try:
        _append(event, sending, connection)
    except Interrupted as interrupted:
        raise interrupted.error from None


def _hand_over(event: Event, sending: Sending, using: str, append: Callable[..., bool] | None = None) -> None:
    """To the publisher's thread, which has a connection and a transaction of its own."""
    if not (append or publisher().write)(event, sending, using=using):
        metrics.failed("full")
        logger.error(
            "The event %s of type %s is lost: 10,000 events wait to be appended already",
            event.id,
            event.type,
            extra={"action": "event_lost"},
        )


def _on_commit(hook: Callable[[], None], connection: BaseDatabaseWrapper) -> bool:
    """For every event: registered once a transaction, it would be lost with the savepoint that registered it.

    False with autocommit off, where nobody tells of the commit. A row that is there is found by a sweep.
    """
    try:
        connection.on_commit(hook, robust=True)
    except TransactionManagementError:
        return False
    except (DatabaseError, InterfaceError):
        # There is no connection, and none can be had; so there is no transaction either, and it is after the commit.
        hook()
    return True


def _alias_of(arguments: dict[str, Any]) -> str | None:
    for value in arguments.values():
        if issubclass(type(value), Model):
            alias: str | None = getattr(memory(value).get("_state"), "db", None)
            return alias
    return None


def _transaction_that_decides(
    attachment: Attachment, arguments: dict[str, Any], own: BaseDatabaseWrapper
) -> BaseDatabaseWrapper | None:
    """The connection with the open transaction on which the event's fate hangs, or None if none is open."""
    if len(connections.settings) == 1:
        # As in most projects; to look at all of them takes three times as long.
        return own if own.in_atomic_block else None
    opened = [connection for connection in connections.all(initialized_only=True) if connection.in_atomic_block]
    for alias in (attachment.using or _alias_of(arguments), own.alias):
        for connection in opened:
            if connection.alias == alias:
                return connection
    return opened[0] if opened else None


def _name_of(sender: Any) -> str:
    """`academy.Order` for a model, the dotted path of another class, a string as it is, else the object's class."""
    if sender is None:
        return ""
    kind: Any = type(sender)
    # `isinstance` would ask a lazy object for its class, and so evaluate it.
    if issubclass(kind, str):
        return one_line(str.__str__(sender))
    # Not kept by the class: one may have no hash, and the event is worth more.
    if issubclass(kind, type):
        kind = sender
    try:
        return one_line(kind._meta.label if issubclass(kind, Model) else f"{kind.__module__}.{kind.__qualname__}")
    except Exception:  # A class of such a kind may break any of Python's rules.
        return ""

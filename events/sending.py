"""A sending: one signal that is being sent, what its receivers do, and which sending it happens in.

What a receiver does is counted while the sender waits, so here is little more than clocks; words are made of it later,
by whoever stores it.
"""

import json
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextvars import ContextVar
from time import perf_counter_ns
from types import coroutine
from typing import Any

from django.dispatch import Signal

from . import metrics
from .failure import Failure, failure
from .roster import Known, known

logger = logging.getLogger("signalcast.events")

MAX_REACTIONS = 100
MAX_TRACEBACKS = 5

_RUNNING = -1

Receiver = Callable[..., Any]
Send = Callable[..., Any]
Times = list[int | None]
"""Nanoseconds that receivers took, in the order of their names; None for one that has not begun."""


class Sending:
    """One send of a signal. Its transaction may commit before its receivers are done, or long after that."""

    # Of the event that it was recorded as, once it is.
    event_id = type = correlation_id = ""
    apart: dict[str, Any] | None = None
    """What is sent, where no thread is to be had for a synchronous receiver."""
    is_told = False
    """Whether its reactions were looked at, so that later ones must be told apart."""
    _names: Sequence[Known] | None = None
    _times: Times
    _ignored: Sequence[str] = ()
    _sync = 0
    _ours: Any = None
    _failures: dict[int, Failure] | None = None
    _settle: "Callable[[Sending | Late], None] | None" = None

    def __init__(self, signal: Signal | None, method: str, caller: Any = None) -> None:
        self.signal = signal
        self.method = method
        self.caller = caller
        """The frame that sends, until it has; or the line in it, where the event is made elsewhere."""
        self.parent = _current.get()
        """The sending in one of whose receivers this one happens, until it is an event."""
        self._open = [True, False]
        self.nanoseconds = -perf_counter_ns()

    def observe(
        self, sync: list[Receiver], later: list[Receiver], names: Sequence[Known], ignored: Sequence[str]
    ) -> tuple[list[Receiver], list[Receiver]]:
        """The receivers that Django is about to call, the asynchronous ones last, each with a clock around it."""
        times: Times = [None] * len(names)
        self._sync, self._times, self._names, self._ignored = len(sync), times, names, ignored
        if names and names[0].is_ours:  # It is kept in front.
            self._ours = sync[0]
        clocked = [
            receiver if name.is_ours else _clocked(receiver, name, index, times, self)
            for index, (receiver, name) in enumerate(zip(sync, names, strict=False))
        ]
        if not later:
            return clocked, later
        return clocked, [
            _clocked_later(receiver, names[index], index, times, self)
            for index, receiver in enumerate(later, len(sync))
        ]

    def as_unwatched(self, responses: Any) -> Any:
        """What Django would answer if the signal were not streamed: the receivers themselves, and ours is not there."""
        if type(responses) is not list:
            return responses
        answer = []
        for pair in responses:
            receiver: Any = pair[0] if type(pair) is tuple and pair else None
            code = getattr(receiver, "__code__", None)
            if code is _CODE or code is _CODE_LATER:
                answer.append((receiver.__wrapped__, *pair[1:]))
            elif receiver is None or (receiver is not self._ours and not known(receiver).is_ours):
                answer.append(pair)
        return answer

    @property
    def cause(self) -> "Sending | None":
        """The sending in one of whose receivers this one happens, the nearest that is an event."""
        parent = self.parent
        while parent is not None and not parent.event_id:
            parent = parent.parent
        return parent

    def finish(self) -> None:
        """The sender has its answer, or its exception."""
        self.nanoseconds += perf_counter_ns()
        self.caller = None
        self._close()

    def commit(self, settle: "Callable[[Sending | Late], None]") -> None:
        """Its event is in the log, for good. Once it has finished as well, `settle` is called with it."""
        self._settle = settle
        self._close()

    def failed(self, index: int, took: int, error: BaseException) -> None:
        """A receiver has raised, after so many nanoseconds."""
        if self._failures is None:
            self._failures = {}
        self._failures[index] = failure(error)
        self._times[index] = took
        if self.is_told:
            self.late(index)

    def late(self, index: int) -> None:
        """A receiver has ended after the others were told of."""
        if self._settle is not None:
            self._settle(Late(self, index))

    def text(self, position: int) -> str:
        """A line of a frame of reactions."""
        return f'{{"pos":{position},{self.head()},{self.reactions()}}}'

    def head(self) -> str:
        milliseconds = self.nanoseconds / 1e6
        took = f',"ms":{milliseconds:.3f}' if milliseconds >= 0 else ""
        method = f',"method":"{self.method}"' if self.method else ""
        return f'"id":"{self.event_id}"{method}{took}'

    def reactions(self) -> str:
        """The member that says what each receiver has done so far. Those that are still at it will be told of."""
        self.is_told = True
        if self._names is None:
            return '"unknown":true'
        found = {index: self.reaction(index) for index, name in enumerate(self._names) if not name.is_ours}
        told = {index: reaction for index, reaction in found.items() if reaction}
        told |= {len(self._names) + index: f"{{{ignored}}}" for index, ignored in enumerate(self._ignored)}
        if len(told) <= MAX_REACTIONS:
            return f'"reactions":[{",".join(told.values())}]'
        # One that did not fail is left out, rather than one that did.
        first = sorted(told, key=lambda index: index not in (self._failures or ()))[:MAX_REACTIONS]
        listed = ",".join(told[index] for index in sorted(first))
        return f'"reactions":[{listed}],"more":{len(told) - MAX_REACTIONS}'

    def reaction(self, index: int) -> str:
        """Of one receiver; empty while it runs."""
        assert self._names is not None
        took, order = self._times[index], index + 1 - sum(name.is_ours for name in self._names[:index])
        if took == _RUNNING:
            return ""
        place = f'{{{self._names[index].text},"order":{order},"async":{"true" if index >= self._sync else "false"}'
        if took is None:
            return f'{place},"outcome":"not_run"}}'
        found = self._failures.get(index) if self._failures else None
        outcome = found.outcome if found else "ok"
        return f'{place},"ms":{took / 1e6:.3f},"outcome":"{outcome}"{self._why(index, found)}}}'

    def _why(self, index: int, found: Failure | None) -> str:
        if found is None or not found.error:
            return ""
        why = f',"error":{json.dumps(found.error)}'
        is_among_the_first = sum(other <= index for other in self._failures or ()) <= MAX_TRACEBACKS
        return f'{why},"traceback":{json.dumps(found.traceback)}' if found.traceback and is_among_the_first else why

    def _close(self) -> None:
        # Two threads may come at the same moment: only one of them gets the second.
        if self._open and self._open.pop() and self._settle is not None:
            try:
                self._settle(self)
            except Exception:  # The sender has its answer, and nothing of ours may take its place.
                metrics.failed("note")
                logger.exception("What receivers did could not be handed over", extra={"action": "note_failed"})


class Late:
    """What one receiver did after the others of its sending were told of."""

    __slots__ = ("index", "sending")

    def __init__(self, sending: Sending, index: int) -> None:
        self.sending = sending
        self.index = index

    @property
    def event_id(self) -> str:
        return self.sending.event_id

    @property
    def type(self) -> str:
        return self.sending.type

    def text(self, position: int) -> str:
        return f'{{"pos":{position},{self.sending.head()},"reactions":[{self.sending.reaction(self.index)}]}}'


_current: ContextVar[Sending | None] = ContextVar("signalcast_sending", default=None)


current = _current.get
"""The sending in one of whose receivers this code runs, or None."""

enter = _current.set
leave = _current.reset


@coroutine
def steps(sending: Sending, running: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine within the sending, but nobody else who runs while it waits.

    Django 6.1 has asynchronous receivers share one context. Whatever one of them would leave in it, while it waits for
    a signal that it sends, the others would find.
    """
    step: Callable[[Any], Any] = running.send
    given: Any = None
    while True:
        token = _current.set(sending)
        try:
            wanted = step(given)
        except StopIteration as stop:
            return stop.value
        finally:
            _current.reset(token)
            given = None
        try:
            given, step = (yield wanted), running.send
        except BaseException as error:  # Whatever it is, a cancellation for example, is for the coroutine.
            given, step = error, running.throw


def _clocked(receiver: Receiver, name: Known, index: int, times: Times, sending: Sending) -> Receiver:
    def clocked(*arguments: Any, **named: Any) -> Any:
        times[index] = _RUNNING
        started = perf_counter_ns()
        try:
            response = receiver(*arguments, **named)
        except BaseException as error:
            sending.failed(index, perf_counter_ns() - started, error)
            raise
        times[index] = perf_counter_ns() - started
        if sending.is_told:
            sending.late(index)
        return response

    # For whoever asks it for its name, as Django does when a receiver fails.
    clocked.__qualname__, clocked.__wrapped__ = name.name, receiver  # type: ignore[attr-defined]
    return clocked


def _clocked_later(receiver: Receiver, name: Known, index: int, times: Times, sending: Sending) -> Receiver:
    async def clocked(*arguments: Any, **named: Any) -> Any:
        times[index] = _RUNNING
        started = perf_counter_ns()
        try:
            response = await receiver(*arguments, **named)
        except BaseException as error:
            sending.failed(index, perf_counter_ns() - started, error)
            raise
        times[index] = perf_counter_ns() - started
        if sending.is_told:
            sending.late(index)
        return response

    # For whoever asks it for its name, as Django does when a receiver fails.
    clocked.__qualname__, clocked.__wrapped__ = name.name, receiver  # type: ignore[attr-defined]
    return clocked


_NOBODY = Known("", "", "", None)
_CODE = _clocked(print, _NOBODY, 0, [], Sending(None, "")).__code__
_CODE_LATER = _clocked_later(print, _NOBODY, 0, [], Sending(None, "")).__code__

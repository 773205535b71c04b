"""Observation: a signal that is streamed is given a class of its own, which watches what its receivers do.

No other signal is touched, and nothing of Django is replaced. The sender gets what it would get anyway; where a signal
cannot be observed it is streamed all the same, and its reactions are unknown.
"""

import contextlib
import sys
from types import CoroutineType
from typing import Any

from asgiref.sync import AsyncToSync, SyncToAsync
from django.dispatch import Signal, dispatcher

from .attachment import attached
from .origin import line
from .roster import Roster, known
from .sending import Sending, current, enter, leave, steps


def observe(signal: Signal) -> bool:
    """Watch what the signal's receivers do. False if that cannot be."""
    try:
        if type(signal) not in _own:
            signal.__class__ = _observed(type(signal))
        _look(signal)
    except Exception:  # A class may forbid anything.
        return False
    return True


def unobserve(signal: Signal) -> None:
    """Give the signal its own class back."""
    own = _own.get(type(signal))
    if own is not None:
        signal.__class__ = own


class _NoCache(dict[Any, Any]):
    """Remembers nothing, and so asks nobody for a hash."""

    def get(self, key: Any, default: Any = None) -> Any:
        return default

    def __setitem__(self, key: Any, value: Any) -> None:
        pass


_NO_CACHE = _NoCache()
_made: dict[type, type] = {}
_own: dict[type, type] = {}


def _observed(own: Any) -> type:
    """The class for signals of this class, made once."""
    if own not in _made:
        made: Any = _subclass(own)
        # Nobody needs to see a difference.
        made.__name__, made.__qualname__, made.__module__, made.__doc__ = (
            own.__name__,
            own.__qualname__,
            own.__module__,
            own.__doc__,
        )
        for method in (made.asend, made.asend_robust):  # Of which Python tells when somebody forgets to await them.
            method.__qualname__ = f"{own.__qualname__}.{method.__name__}"
        _made[own], _own[made] = made, own
    return _made[own]


def _subclass(own: Any) -> type:
    class Observed(own):
        # Nothing of its own: only so may it take the other's place.
        __slots__ = ()

        @property
        def sender_receivers_cache(self) -> Any:
            # Django asks it for the sender, and not every sender has a hash, or can be referenced weakly. We have one.
            return _NO_CACHE

        def send(self, *arguments: Any, **named: Any) -> Any:
            return _send(self, "send", super().send, arguments, named)

        def send_robust(self, *arguments: Any, **named: Any) -> Any:
            return _send(self, "send_robust", super().send_robust, arguments, named)

        async def asend(self, *arguments: Any, **named: Any) -> Any:
            sending = Sending(self, "asend", line(sys._getframe()))
            sending.apart = named if _has_no_thread() else None
            try:
                responses = await _within(sending, super().asend(*arguments, **named))
            finally:
                sending.finish()
            return sending.as_unwatched(responses)

        async def asend_robust(self, *arguments: Any, **named: Any) -> Any:
            sending = Sending(self, "asend_robust", line(sys._getframe()))
            sending.apart = named if _has_no_thread() else None
            try:
                responses = await _within(sending, super().asend_robust(*arguments, **named))
            finally:
                sending.finish()
            return sending.as_unwatched(responses)

        def connect(self, *arguments: Any, **named: Any) -> Any:
            answer = super().connect(*arguments, **named)
            _look(self)
            return answer

        def disconnect(self, *arguments: Any, **named: Any) -> Any:
            answer = super().disconnect(*arguments, **named)
            _look(self)  # Else it would be kept, with all that it holds, until the signal is sent again.
            return answer

        def has_listeners(self, *arguments: Any, **named: Any) -> Any:
            # Who asks is not about to call them.
            token = enter(None)
            try:
                return super().has_listeners(*arguments, **named)
            finally:
                leave(token)

        def _live_receivers(self, sender: Any) -> Any:
            sending = current()
            if sending is None or sending.signal is not self:
                return super()._live_receivers(sender)
            try:
                cast = attached[self].roster.cast(self, sender)
            except Exception:  # It is Django's own, and has changed before. Nobody is known, then.
                cast = None
            # To have Django find them again takes as long as all the rest. Somebody's own class, or what an error
            # tracker has put in its place, may find others; and only Django tidies up behind those that are gone.
            if cast and own._live_receivers is _WAY_OF_DJANGO and not self._dead_receivers:
                called = cast.called()
                if called:
                    return _observed_by(sending, sender, *called, cast.names, cast.ignored)
            live = super()._live_receivers(sender)
            try:
                sync, later = live
                if type(sync) is list is type(later):
                    names = [known(each) for each in sync + later]
                    return _observed_by(sending, sender, sync, later, names, cast.ignored if cast else ())
            except Exception:  # The signal is sent as if nobody looked.
                pass
            return live

    return Observed


def _send(signal: Any, method: str, send: Any, arguments: Any, named: Any) -> Any:
    # Whoever called the method that called this.
    sending = Sending(signal, method, sys._getframe(1).f_back)
    token = enter(sending)
    try:
        responses = send(*arguments, **named)
    finally:
        leave(token)
        sending.finish()
    return sending.as_unwatched(responses)


def _has_no_thread() -> bool:
    """Whether no synchronous code can be awaited here: in a task that has outlived its request, for example."""
    executor = getattr(AsyncToSync.executors, "current", None)
    if executor is not None:
        return bool(getattr(executor, "_broken", False))
    return bool(getattr(SyncToAsync.thread_sensitive_context.get(None), "_exited", False))


def _observed_by(sending: Sending, sender: Any, sync: Any, later: Any, names: Any, ignored: Any) -> Any:
    if sending.apart is not None and len(sync) == 1 and names[0].is_ours:
        # Nobody else needs a thread, and the sender must not fail for want of one: the event goes to the publisher's.
        sync[0](**{**sending.apart, "signal": sending.signal, "sender": sender})
        sync, names = [], names[1:]
    return sending.observe(sync, later, names, ignored)


def _within(sending: Sending, running: Any) -> Any:
    # A class of somebody else's may return anything that can be awaited.
    return steps(sending, running) if type(running) is CoroutineType else running


def _look(signal: Any) -> None:
    with contextlib.suppress(Exception):  # Then nobody is known.
        attached[signal].roster.look(signal)


def _way_of_django() -> Any:
    """How Django finds receivers, if we find the same; None if it has changed, or an error tracker was here first."""
    way: Any = Signal._live_receivers
    try:
        probe = Signal()
        for sender, receiver in ((None, _receive), (probe, _receive_later), (Signal, _receive)):
            probe.connect(receiver, sender=sender)
        is_ours = way.__globals__ is vars(dispatcher) and Roster().cast(probe, probe).called() == way(probe, probe)
    except Exception:
        return None
    return way if is_ours else None


def _receive(**arguments: Any) -> None: ...


async def _receive_later(**arguments: Any) -> None: ...


_WAY_OF_DJANGO = _way_of_django()

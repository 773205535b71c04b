"""A failure: what is kept of an exception that a receiver raised. Words, never the exception itself.

An exception holds its frames, and those everything that was at hand when it was raised.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import NamedTuple

from .mask import without_secrets
from .queries import no_queries
from .roster import place
from .summary import one_line

MAX_FRAMES = 10
MAX_WALK = 2000

_CANCELLED = (asyncio.CancelledError, GeneratorExit)


class Failure(NamedTuple):
    outcome: str
    """`raised` or `cancelled`."""
    error: str
    """Type and message, without what looks like a secret, cut at 200 characters: `CrmUnavailable: order 42`."""
    traceback: str
    """The last frames, one a line, the innermost last: `academy/crm.py:12 in post`."""


def failure(error: BaseException) -> Failure:
    """Of an exception as it is raised. Never raises."""
    kind = type(error).__name__
    if isinstance(error, _CANCELLED):
        return Failure("cancelled", "", "")
    try:
        message = _message(error)
    except Exception:  # What an exception says of itself is made by code that is not ours.
        message = ""
    try:
        traceback = _traceback(error.__traceback__)
    except Exception:
        traceback = ""
    return Failure("raised", one_line(f"{kind}: {message}" if message else kind), traceback)


def _message(error: BaseException) -> str:
    # It may show an object that would be loaded for that.
    with no_queries():
        return without_secrets(str(error)[:2000])


def _traceback(traceback: TracebackType | None) -> str:
    frames: deque[str] = deque(maxlen=MAX_FRAMES)
    for _ in range(MAX_WALK):
        if traceback is None:
            break
        code, module = traceback.tb_frame.f_code, str(traceback.tb_frame.f_globals.get("__name__", ""))
        if not module.startswith(_OURS):
            frames.append(f"{place(code.co_filename, module)}:{traceback.tb_lineno} in {code.co_qualname}")
        traceback = traceback.tb_next
    return "\n".join(frames)


_OURS = f"{__package__}."

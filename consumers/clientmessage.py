"""A client's message, as it is read: what it may say, and what is told to somebody who says something else."""

import json
from typing import Any

from events.event import now

from . import moment
from .protocol import (
    MAX_POSITION,
    WINDOW_EVENTS,
    Ack,
    Hello,
    Last,
    Limits,
    Refused,
    SetFilter,
    Since,
    Start,
    bad_request,
    shown,
)

_LIMITS = Limits()


def parse(text: str, limits: Limits = _LIMITS) -> Hello | Ack | SetFilter:
    """A client's message. Raises Refused (4400), with a message that says what to send instead."""
    message = _loads(text, limits)
    match message.get("op"):
        case "hello":
            return _hello(message, limits)
        case "ack":
            return Ack(_position(message.get("pos"), "ack.pos"))
        case "filter":
            return SetFilter(message.get("filter"))
    raise bad_request(f"op is {shown(message.get('op'))}; it must be hello, ack or filter.")


def _loads(text: str, limits: Limits) -> dict[str, Any]:
    if len(text.encode("utf-8", "replace")) > limits.bytes:
        raise bad_request(f"A message may have {limits.bytes} bytes at most.", limit="message_bytes")
    try:
        message = _decoder.decode(text)
    except ValueError as error:
        raise bad_request('This is not JSON. Send an object, e.g. {"op":"hello"}.') from error
    except RecursionError as error:
        raise _too_deep(limits) from error
    # Without so many brackets it cannot be too deep, and most messages have one.
    if text.count("{") + text.count("[") > limits.depth and not _is_within(message, limits.depth):
        raise _too_deep(limits)
    if not isinstance(message, dict):
        raise bad_request('A message is a JSON object, e.g. {"op":"hello"}.')
    return message


def _is_within(value: object, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is None or (depth > 0 and all(_is_within(each, depth - 1) for each in inner))


def _too_deep(limits: Limits) -> Refused:
    return bad_request(f"A message may be nested {limits.depth} levels deep at most.", limit="json_depth")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)


def _hello(message: dict[str, Any], limits: Limits) -> Hello:
    window = message.get("window", WINDOW_EVENTS)
    if not _is_int(window) or window < 1:
        raise bad_request(
            f"hello.window is {shown(window)}; it must be a number of events, at least 1{_besides(window)}."
        )
    stream = _string(message.get("stream"), "hello.stream")
    return Hello(
        stream="main" if stream is None else stream,
        start=_start(message.get("from", "live")),
        epoch=_string(message.get("epoch"), "hello.epoch"),
        tip=_string(message.get("tip"), "hello.tip"),
        filter=message.get("filter"),
        window=min(window, limits.window),
        reactions=_boolean(message.get("reactions", True), "hello.reactions"),
        reactions_after=_cursor(message.get("reactions_after"), "hello.reactions_after"),
        ghosts=_boolean(message.get("ghosts", False), "hello.ghosts"),
    )


def _start(value: object) -> Start:
    match value:
        case "live":
            return "live"
        case "earliest":
            return "earliest"
        case {"last": count} if isinstance(value, dict) and len(value) == 1:
            if not _is_int(count) or not 0 <= count <= MAX_POSITION:
                raise bad_request(f"hello.from.last is {shown(count)}; it must be a number of events{_besides(count)}.")
            return Last(count)
        case {"since": text} if isinstance(value, dict) and len(value) == 1:
            time = moment.since(text, now()) if isinstance(text, str) else None
            if time is None:
                raise bad_request(f"hello.from.since is {shown(text)}; it must be {moment.EXPECTED}.")
            return Since(time)
        case int() | float() | bool():
            return _position(value, "hello.from")
    wanted = 'a position, "live", "earliest", {"last":N} or {"since":TIME}'
    raise bad_request(f"hello.from is {shown(value)}; it must be {wanted}.")


def _position(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_POSITION:
        raise bad_request(f"{name} is {shown(value)}; it must be a position, 1 or more{_besides(value)}.")
    return value


def _cursor(value: object, name: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_POSITION:
        raise bad_request(f"{name} is {shown(value)}; it must be a number, 0 or more{_besides(value)}.")
    return value


def _besides(value: Any) -> str:
    """What is said besides to somebody whose number is too large, or is none for how it is written; else nothing."""
    if isinstance(value, float):
        return ", without a point or an exponent"
    return f", and {MAX_POSITION} at most" if _is_int(value) and value > MAX_POSITION else ""


def _boolean(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise bad_request(f"{name} is {shown(value)}; it must be true or false.")
    return value


def _string(value: object, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise bad_request(f"{name} is {shown(value)}; it must be a string.")
    return value


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

"""What a websocket's query asks for: `?after=120&type=academy.*`. No I/O, no Django."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from .filter import Filter, InvalidFilter, of_types
from .protocol import MAX_POSITION, Last, Start, bad_request, shown

_NAMES = "after, last, type"


@dataclass(frozen=True, slots=True)
class Query:
    start: Start
    filter: Filter


def parse(text: str) -> Query:
    """The start and the filter of a client that sends no hello. Raises Refused (4400)."""
    start: Start = "live"
    types: list[str] = []
    for name, value in parse_qsl(text, keep_blank_values=True):
        match name:
            case "after" if value == "earliest":
                start = "earliest"
            case "after":
                start = _number(name, value) + 1
            case "last":
                start = Last(_number(name, value))
            case "type":
                types.append(value)
            case _:
                raise bad_request(f"The query has {shown(name)}; it may have {_NAMES}.")
    try:
        return Query(start, of_types(types))
    except InvalidFilter as error:
        raise bad_request(f"{error}.") from error


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) < MAX_POSITION):
        hint = ', or "earliest"' if name == "after" else ""
        raise bad_request(f"{name} is {shown(value)}; it must be a number, 0 or more{hint}.")
    return int(value)

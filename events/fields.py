"""The fields of a schema in rows for people: a name, what it was learnt to be, an example. Knows no Django."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .schema import DECIMAL

MAX_ROWS = 60
MAX_DEPTH = 5
# A range says something of grades and counts, and nothing of numbers that name rows.
MAX_RANGE = 1000

_SECRETS = {"personal": "personal", "masked": "secret, masked"}
_FORMATS = {"date-time": "date-time", "date": "date", "uuid": "UUID"}

Told = Mapping[str, Any]


class Row(NamedTuple):
    name: str
    """As one says it: `order.amount`, where a reference holds that among its `fields`."""
    path: str
    """As a change says it: `order.fields.amount`."""
    learnt_as: str
    example: str
    """JSON; empty if there is none."""


def rows(told: Told) -> list[Row]:
    """Of a schema as it is told; the first of them, if there are many."""
    found = []
    for row in _below(told, "", "", 0):
        found.append(row)
        if len(found) == MAX_ROWS:
            break
    return found


def _below(told: Told, name: str, path: str, depth: int) -> Iterator[Row]:
    if depth >= MAX_DEPTH:
        return
    for key, child in told.get("properties", {}).items():
        yield from _rows(child, _joined(name, key), _joined(path, key), depth)


def _rows(told: Told, name: str, path: str, depth: int) -> Iterator[Row]:
    properties = told.get("properties", {})
    if _is_reference(told):
        yield Row(name, path, _or_null(told, _label(properties["model"])), _example(properties["pk"]))
        for key, child in properties.get("fields", {}).get("properties", {}).items():
            yield from _rows(child, _joined(name, key), f"{path}.fields.{key}", depth + 1)
        return
    yield Row(name, path, _words(told), _example(told))
    yield from _below(told, name, path, depth + 1)
    if "items" in told:
        yield from _below(told["items"], f"{name}[]", f"{path}[]", depth + 1)


def _is_reference(told: Told) -> bool:
    properties = told.get("properties", {})
    return "model" in properties and "pk" in properties


def _label(model: Told) -> str:
    names = model.get("examples", [])
    return str(names[0]) if len(names) == 1 else "object of a model"


def _words(told: Told) -> str:
    if "$comment" in told:
        return _SECRETS[told["$comment"]]
    kinds = _kinds(told)
    if not kinds:
        return "not shown"
    words = [_word(kind, told) for kind in kinds if kind != "null"]
    return " or ".join(words + ["null"] * ("null" in kinds))


def _or_null(told: Told, words: str) -> str:
    others = [kind for kind in _kinds(told) if kind != "object"]
    return " or ".join([words, *others])


def _kinds(told: Told) -> list[str]:
    kinds = told.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _word(kind: str, told: Told) -> str:
    if kind == "string":
        return _of_strings(told)
    if kind == "array":
        return _of_lists(told.get("items", {}))
    low: Any = told.get("minimum")
    high: Any = told.get("maximum")
    if kind in ("integer", "number") and low is not None and low != high and low >= 0 and high <= MAX_RANGE:
        return f"{kind}, {low} to {high}"
    return kind


def _of_strings(told: Told) -> str:
    if told.get("pattern") == DECIMAL:
        return "decimal string"
    if format := told.get("format"):
        return _FORMATS[format]
    values = [value for value in told.get("examples", []) if isinstance(value, str)]
    return f"string, {len(values)} values" if len(values) > 1 else "string"


def _of_lists(items: Told) -> str:
    kinds = ["model"] if _is_reference(items) else _kinds(items)
    if len(kinds) != 1:
        return "list"
    return f"list of {_label(items['properties']['model']) if kinds == ['model'] else kinds[0] + 's'}"


def _example(told: Told) -> str:
    values = told.get("examples", [])
    return json.dumps(values[-1]) if values else ""


def _joined(above: str, name: str) -> str:
    return f"{above}.{name}" if above else name

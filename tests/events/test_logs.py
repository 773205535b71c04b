"""events.logs: one record is one line, whatever is in it."""

import ast
import json
import logging
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.logs import MAX_CHARACTERS, JsonFormatter, LineFormatter

ROOT = Path(__file__).resolve().parents[2]

HOSTILE = [
    "a\r\n12:00:00 ERROR   django: forged",
    "\x1b[2J\x1b[31mred\x07\x08",
    "\x00\x7f\x85\x9b31m",
    "\u2028forged\u2029",
    "\u202ereversed\u2066",
    "\ud800 \udfff alone",
    '", "level": "CRITICAL", "x": "',
    "\ufeff\u200b\xa0",
    "%s %(path)s %d",
]


def record(message, *arguments, exc_info=None, **extra):
    made = logging.LogRecord("shop", logging.WARNING, "shop.py", 1, message, arguments, exc_info)
    vars(made).update(extra)
    return made


def raised(error):
    try:
        raise error
    except Exception:
        return sys.exc_info()


def is_one_plain_line(text):
    return text.isprintable() and len(text.splitlines()) == 1


def is_one_plain_object(text):
    text.encode("ascii")
    assert is_one_plain_line(text)
    # Python reads lone surrogates; others do not.
    json.dumps(json.loads(text), ensure_ascii=False).encode()
    return True


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_what_is_injected_breaks_no_line(hostile):
    for each in (record("path %s", hostile), record(hostile), record("%(path)s", {"path": hostile})):
        assert is_one_plain_line(LineFormatter().format(each))
        assert is_one_plain_object(JsonFormatter().format(each))


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_whatever_is_said_is_one_line(message, name):
    said = record("%s", message, action=name, path=message, headers={name: [message]})
    said.name = name

    assert is_one_plain_line(LineFormatter().format(said))
    assert is_one_plain_object(JsonFormatter().format(said))


def test_a_line_is_for_people():
    said = record("The layer is away: %s", "Zoë's", action="layer_lost")

    line = LineFormatter(datefmt="%H:%M").format(said)

    assert line.partition(" ")[2] == "WARNING shop: The layer is away: Zoë's [layer_lost]"
    assert LineFormatter().format(record("no action")).endswith("WARNING shop: no action")


def test_an_object_has_what_machines_look_for():
    said = record("The layer is away: %s", "Zoë", action="layer_lost", status_code=503, tags=["a"], request=object())
    said.process = 7
    said.created = 1_780_000_000.25

    assert json.loads(JsonFormatter().format(said)) == {
        "time": "2026-05-28T20:26:40.250000Z",
        "level": "WARNING",
        "logger": "shop",
        "action": "layer_lost",
        "message": "The layer is away: Zoë",
        "process": 7,
        "status_code": 503,
        "tags": ["a"],
    }


def test_what_a_stranger_sent_is_no_traceback():
    said = record("Invalid HTTP_HOST header: 'evil'", exc_info=raised(ValueError("evil")))
    said.name = "django.security.DisallowedHost"

    assert is_one_plain_line(LineFormatter().format(said))
    assert "exception" not in json.loads(JsonFormatter().format(said))


def test_an_extra_cannot_take_the_place_of_a_fact():
    told = json.loads(JsonFormatter().format(record("hello", level="CRITICAL", time="never", logger="other")))

    assert (told["level"], told["logger"]) == ("WARNING", "shop")
    assert told["time"] != "never"


def test_what_json_cannot_say_is_left_out():
    circle = []
    circle.append(circle)
    strange = {"nan": float("nan"), "bytes": b"x", "circle": circle, "set": {1}, "long": "x" * (MAX_CHARACTERS + 1)}

    told = json.loads(JsonFormatter().format(record("hello", **strange)))

    assert told["message"] == "hello"
    assert not strange.keys() & told.keys()


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_a_traceback_is_readable_and_indented_whatever_it_quotes(hostile):
    said = record("It failed", exc_info=raised(ValueError(hostile)), stack_info="Stack:\n  File x")

    first, *rest = LineFormatter().format(said).split("\n")
    told = JsonFormatter().format(said)

    assert first.endswith("It failed")
    assert rest[0] == "    Traceback (most recent call last):"
    assert rest[-2:] == ["    Stack:", "      File x"]
    assert all(line.startswith("    ") and line.isprintable() for line in rest)
    assert is_one_plain_object(told)
    assert json.loads(told)["exception"].startswith("Traceback (most recent call last):\n")
    assert json.loads(told)["stack"] == "Stack:\n  File x"


def test_a_long_message_is_cut_and_says_so():
    for formatter in (LineFormatter(), JsonFormatter()):
        line = formatter.format(record("%s", "x" * 1_000_000))

        assert len(line) < MAX_CHARACTERS + 500
        assert f"({1_000_000 - MAX_CHARACTERS} characters more)" in line


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_a_wrong_format_is_told_as_it_is(formatter, capsys):
    line = formatter.format(record("%d events", "five\n"))

    assert "%d events" in line and "five" in line
    assert is_one_plain_line(line)


def test_the_colours_of_runserver_are_left_out():
    line = LineFormatter().format(record("\x1b[32;1mHTTP %(path)s\x1b[0m", {"path": "/\x1b[31m"}))

    assert line.endswith("HTTP /\\x1b[31m")


LEVELS = ("debug", "info", "warning", "error", "exception", "critical", "log")


def log_calls():
    """Every call of a logger in this project's source."""
    for app in ("academy", "config", "consumers", "events", "frontend"):
        for path in sorted((ROOT / app).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name("logger" | "logging"), attr=attr)) if (
                        attr in LEVELS
                    ):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def has_action(call):
    extras = [keyword.value for keyword in call.keywords if keyword.arg == "extra"]
    return any('"action": ' in ast.unparse(extra).replace("'", '"') for extra in extras)


def test_every_record_of_ours_names_its_action():
    found = dict(log_calls())

    assert len(found) > 15
    assert [place for place, call in found.items() if not has_action(call)] == []

"""events.streams: names, and messages that cannot be forged."""

import json
import re

import pytest

from events.streams import MAIN, Message, group, key, seal, unseal

KEY = key("the project's secret")
LINES = ['{"id":"1","note":"who?"}', '{"id":"2"}', '{"id":"3"}']
MESSAGE = Message(stream=MAIN, epoch="e1", start=41, lines=LINES)


def sealed(**changes):
    return seal(MESSAGE, KEY) | changes


def test_what_was_sealed_is_unsealed():
    assert unseal(seal(MESSAGE, KEY), KEY) == MESSAGE


def test_a_message_survives_being_written_as_json():
    assert unseal(json.loads(json.dumps(seal(MESSAGE, KEY))), KEY) == MESSAGE


def test_a_group_has_a_name_that_channels_allows():
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,99}", group(MAIN))


def test_projects_have_different_keys_and_none_is_the_secret():
    assert key("another secret") != KEY
    assert len(KEY) == 32
    assert b"the project's secret" not in KEY


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"stream": "other"}, id="another stream"),
        pytest.param({"epoch": "e2"}, id="another epoch"),
        pytest.param({"start": 42}, id="another position"),
        pytest.param({"lines": [*LINES[:-1], '{"id":"4"}']}, id="a changed byte"),
        pytest.param({"lines": LINES[:-1]}, id="a missing line"),
        pytest.param({"lines": [*LINES, LINES[-1]]}, id="a line more"),
        pytest.param({"lines": LINES[::-1]}, id="another order"),
        pytest.param({"lines": [LINES[0] + LINES[1], LINES[2]]}, id="two lines in one"),
        pytest.param({"lines": [LINES[0] + "{", LINES[1][1:], LINES[2]]}, id="a moved boundary"),
        pytest.param({"lines": [LINES[0].replace("?", "\ud800"), *LINES[1:]]}, id="a lone surrogate"),
        pytest.param({"lines": []}, id="no lines"),
        pytest.param({"seal": "0" * 64}, id="a made-up seal"),
        pytest.param({"seal": ""}, id="an empty seal"),
        pytest.param({"seal": "\ud800"}, id="a seal of lone surrogates"),
        pytest.param({"seal": "é" * 64}, id="a seal of other letters"),
        pytest.param({"seal": None}, id="no seal"),
        pytest.param({"start": "41"}, id="a position that is text"),
        pytest.param({"start": 41.0}, id="a position that is no integer"),
        pytest.param({"stream": b"main"}, id="a stream that is bytes"),
        pytest.param({"epoch": None}, id="no epoch"),
        pytest.param({"lines": "".join(LINES)}, id="lines that are text"),
        pytest.param({"lines": [*LINES[:-1], 3]}, id="a line that is a number"),
        pytest.param({"lines": dict.fromkeys(LINES)}, id="lines that are a mapping"),
    ],
)
def test_a_forged_message_is_not_believed(change):
    assert unseal(sealed(**change), KEY) is None


@pytest.mark.parametrize("raw", [None, 7, "text", b"bytes", [], ["seal"], {}, {"type": "stream.events"}])
def test_what_is_no_message_is_not_believed(raw):
    assert unseal(raw, KEY) is None


def test_a_message_sealed_with_another_key_is_not_believed():
    assert unseal(seal(MESSAGE, key("another secret")), KEY) is None


def test_the_boundary_between_names_cannot_be_moved():
    genuine = seal(Message(stream="a\0b", epoch="c", start=1, lines=[]), KEY)

    assert unseal(genuine | {"stream": "a", "epoch": "b\0c"}, KEY) is None

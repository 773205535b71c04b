"""Frames are those of RFC 6455, whatever their length."""

import pytest
from websockets.frames import Frame, Opcode

from consumers.frame import text_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_a_frame_is_what_others_make_of_the_same_text(size):
    text = "x" * size

    assert text_frame(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def test_text_that_is_not_ascii_is_refused():
    with pytest.raises(UnicodeEncodeError):
        text_frame("é")

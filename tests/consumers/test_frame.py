"""Frames are those of RFC 6455, whatever their length."""

import pytest
from websockets.frames import Frame, Opcode

from consumers.frame import short_texts, text_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_a_frame_is_what_others_make_of_the_same_text(size):
    text = "x" * size

    assert text_frame(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def test_text_that_is_not_ascii_is_refused():
    with pytest.raises(UnicodeEncodeError):
        text_frame("é")


def said(text, opcode=Opcode.TEXT, **options):
    return Frame(opcode, text.encode(), **options).serialize(mask=True)


@pytest.mark.parametrize("sizes", [[1], [125], [1, 2, 3, 4, 5, 6, 7], [30] * 40])
def test_short_frames_are_read_as_others_wrote_them(sizes):
    texts = [("abcdefghij" * 13)[:size] for size in sizes]

    assert short_texts(b"".join(map(said, texts))) == texts


@pytest.mark.parametrize(
    "data",
    [
        said("x" * 126),
        said(""),
        said("é"),
        said("ack", Opcode.BINARY),
        said("ping", Opcode.PING),
        said("part", fin=False),
        b"\xc1" + said("compressed")[1:],
        said("whole") + said("cut off")[:-1],
        said("whole")[:5],
        said("whole")[:1],
        said("whole") + said("bye", Opcode.CLOSE),
        Frame(Opcode.TEXT, b"not masked").serialize(mask=False),
    ],
)
def test_whatever_else_it_is_is_left_to_others(data):
    assert short_texts(data) is None

"""Blocks of server-sent events, in whatever pieces they come."""

import pytest

from consumers.tail.blocks import MAX_LINE, Block, Blocks, NoStream

TEXT = (
    b"retry: 730\nid: a:41\n\n"
    b'id: a:42\ndata: {"type":"x"}\n\n'
    b":\n\n"
    b"id: a:50\n\n"
    b'event: bye\r\nretry: 412\r\ndata: {"b":1}\r\n\r\n'
)
BLOCKS = [
    Block(retry=730, id="a:41"),
    Block(id="a:42", data='{"type":"x"}'),
    Block(),
    Block(id="a:50"),
    Block(name="bye", retry=412, data='{"b":1}'),
]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_blocks_are_the_same_in_whatever_pieces_they_come(size):
    blocks = Blocks()

    found = [block for at in range(0, len(TEXT), size) for block in blocks.feed(TEXT[at : at + size])]

    assert found == BLOCKS


def test_several_lines_of_data_are_one_text():
    assert list(Blocks().feed(b"data: a\ndata:  b\n\n")) == [Block(data="a\n b")]


def test_an_odd_retry_is_none():
    assert [block.retry for block in Blocks().feed(b"retry: soon\n\nretry: -1\n\nretry: 99999999999\n\n")] == [None] * 3


@pytest.mark.parametrize("endless", [b"data: " + b"x" * MAX_LINE, b"a: b\n" * 2000])
def test_what_never_ends_is_no_stream(endless):
    with pytest.raises(NoStream):
        list(Blocks().feed(endless))

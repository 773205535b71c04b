"""What is told in a terminal, and what is only reached."""

import io
import json
import os

import pytest

from consumers.place import Place
from consumers.tail.bookmark import Bookmark
from consumers.tail.line import Line
from consumers.tail.terminal import Terminal, Unread, Unwritten

LINE = '{"specversion":"1.0","type":"academy.order_paid","sequence":"00000000000000000005"}'


class Told:
    """A terminal, and what was written to it."""

    def __init__(self, **options):
        self.events = options.pop("events", None) or io.StringIO()
        self.notes = []
        self.now = 1000.0
        self.terminal = Terminal(
            self.events, self.notes.append, clock=lambda: self.now, **{"line": Line(is_coloured=False)} | options
        )

    @property
    def lines(self):
        return self.events.getvalue().splitlines()


class Broken(io.StringIO):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def flush(self):
        raise self.error


def test_events_are_written_as_lines_or_as_they_are():
    as_lines, as_json = Told(), Told(line=None)

    as_lines.terminal.write([LINE, LINE], Place("a", 5))
    as_json.terminal.write([LINE, LINE], Place("a", 5))

    assert [line.split() for line in as_lines.lines] == [["5", "academy.order_paid"]] * 2
    assert as_json.lines == [LINE, LINE]
    assert as_json.terminal.place == Place("a", 5)


def test_what_is_no_ascii_is_written_as_ascii_json():
    told = Told(line=None)

    told.terminal.write(['{"summary":"a\x9b31mb"}', '{"summary":"a\x7fb"}'], Place("a", 5))

    assert [json.loads(line)["summary"] for line in told.lines] == ["a\x9b31mb", "a\x7fb"]
    assert told.lines[0].isascii()


def test_where_it_begins_is_told_once():
    told = Told()

    told.terminal.began(Place("a", 120))
    told.terminal.began(Place("a", 125))

    assert told.notes == ["-- following after position 120"]
    assert told.terminal.place == Place("a", 125)


def test_a_loss_is_told_once_for_each_reason_and_its_end_with_how_long_it_lasted():
    told = Told()
    told.terminal.began(Place("a", 120))

    for reason in ("the server is away", "the server is away", "it answers 502", "it answers 502"):
        told.now += 3
        told.terminal.lost(reason)
    told.terminal.found()
    told.terminal.found()
    told.terminal.lost("the server is away")

    assert told.notes[1:] == [
        "-- the server is away; trying again",
        "-- it answers 502; trying again",
        "-- resumed after position 120 (9 s)",
        "-- the server is away; trying again",
    ]


def test_gaps_are_told_with_numbers():
    told = Told()

    told.terminal.gap(40, 1247, "retention", Place("a", 1246))
    told.terminal.gap(3756, 1, "epoch", Place("b", 0))

    assert told.notes == [
        "-- positions 40 to 1246 will not come: they are not held any more (retention)",
        "-- this is another log than before: it begins at position 1",
    ]
    assert told.terminal.place == Place("b", 0)


def test_nothing_of_a_note_reaches_the_terminal_that_it_would_obey():
    told = Told()

    told.terminal.note("the server says \x1b[2J")

    assert told.notes == ["-- the server says \\x1b[2J"]


def test_the_place_is_kept_when_the_events_have_been_written(tmp_path):
    bookmark = Bookmark(tmp_path / "place")
    told = Told(bookmark=bookmark, events=Broken(OSError(28, "No space left on device")))
    told.terminal.began(Place("a", 4))

    with pytest.raises(Unwritten, match="No space left"):
        told.terminal.write([LINE], Place("a", 5))

    assert Bookmark(tmp_path / "place").read() == Place("a", 4)


def test_a_place_that_cannot_be_kept_is_told_once_and_the_events_go_on(tmp_path):
    told = Told(bookmark=Bookmark(tmp_path / "missing" / "place"))

    told.terminal.write([LINE], Place("a", 5))
    told.terminal.write([LINE], Place("a", 6))

    assert told.notes == ["-- the place cannot be kept (No such file or directory); going on without"]
    assert len(told.lines) == 2


def test_nobody_is_written_to_who_does_not_read():
    told = Told(events=Broken(BrokenPipeError()))

    with pytest.raises(Unread):
        told.terminal.write([LINE], Place("a", 5))


def test_a_pipe_that_was_closed_is_noticed_while_there_is_nothing_to_write():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as events:
        told = Told(events=events)
        told.terminal.check()

        os.close(reading)

        with pytest.raises(Unread):
            told.terminal.check()

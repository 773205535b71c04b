"""consumers.buffers: how full a buffer is, in words."""

from consumers.buffers import Buffer, Level


def test_a_buffer_shows_what_it_holds_and_the_most_that_it_may():
    assert str(Buffer("clients", Level(4, 10_000))) == "clients: 4 of 10,000"
    assert str(Buffer("appends", Level(0, 10_000, "events"))) == "appends: 0 of 10,000 events"


def test_bytes_are_shown_in_megabytes_beside_the_number():
    ring = Buffer("ring", Level(1512, 10_000, "events"), Level(234_567, 16 * 1024 * 1024, "bytes"))

    assert str(ring) == "ring: 1,512 of 10,000 events, 0.2 of 16.8 MB"

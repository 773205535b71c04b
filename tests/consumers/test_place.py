"""Places in a log, as clients write them."""

import pytest

from consumers.place import NoPlace, Place, TooLarge


@pytest.mark.parametrize("place", [Place(None, 0), Place("a657", 120), Place("a:b", 2**63 - 2), Place("x" * 64, 1)])
def test_a_place_is_read_as_it_was_written(place):
    assert Place.parse(str(place)) == place


def test_a_sequence_is_a_place_as_it_stands_in_the_event():
    assert Place.parse("00000000000000000042") == Place(None, 42)
    assert Place.parse("a657:00000000000000000000") == Place("a657", 0)


@pytest.mark.parametrize("text", [f"{2**63 - 1}", "a657:99999999999999999999", "9" * 5000, "0" * 5000 + "9" * 20])
def test_a_number_beyond_all_positions_is_refused_as_such(text):
    with pytest.raises(TooLarge):
        Place.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", ":", "a657", "a657:", ":1", "-1", "+1", " 1", "1.5", "a\nb:1", "²", "٣", "ä:1", f"{2**63 - 1}", "9" * 5000]
    + ["x" * 65 + ":1"],
)
def test_what_is_no_place_is_refused(text):
    with pytest.raises(NoPlace):
        Place.parse(text)

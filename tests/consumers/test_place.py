"""Places in a log, as clients write them."""

import pytest

from consumers.place import NoPlace, Place


@pytest.mark.parametrize("place", [Place(None, 0), Place("a657", 120), Place("a:b", 2**63 - 2), Place("x" * 64, 1)])
def test_a_place_is_read_as_it_was_written(place):
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    "text",
    ["", ":", "a657", "a657:", ":1", "-1", "+1", " 1", "1.5", "a\nb:1", "²", "٣", "ä:1", f"{2**63 - 1}", "9" * 5000]
    + ["x" * 65 + ":1"],
)
def test_what_is_no_place_is_refused(text):
    with pytest.raises(NoPlace):
        Place.parse(text)

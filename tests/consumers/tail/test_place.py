"""Places, typed and kept."""

import pytest

from consumers.tail.place import Bookmark, NoPlace, Place


@pytest.mark.parametrize("place", [Place(None, 0), Place("a657", 120), Place("a:b", 10**18 - 1)])
def test_a_place_is_read_as_it_was_written(place):
    assert Place.parse(f" {place}\n") == place


@pytest.mark.parametrize("text", ["", "a657", "a657:", "-1", "1.5", "a\nb:1", "²", "1" * 19, "ä:1"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(NoPlace):
        Place.parse(text)


def test_a_bookmark_holds_the_newest_place_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "place"

    assert Bookmark(path).read() is None
    bookmark = Bookmark(path)
    bookmark.keep(Place("a657", 1))
    bookmark.keep(Place("a657", 2))

    assert Bookmark(path).read() == Place("a657", 2)
    assert list(tmp_path.iterdir()) == [path]


def test_a_bookmark_that_is_broken_is_not_taken_for_a_beginning(tmp_path):
    path = tmp_path / "place"
    path.write_text("")

    with pytest.raises(NoPlace):
        Bookmark(path).read()

"""Places that are kept in a file."""

import pytest

from consumers.place import NoPlace, Place
from consumers.tail.bookmark import Bookmark


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

"""events.watch: whether the log may have changed."""

import sqlite3
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from events import log


@pytest.fixture(autouse=True)
def nobody_publishes(settings, transactional_db):
    settings.SIGNALCAST = {"PUBLISHER": "off"}


@pytest.fixture
def watch():
    watch = log.Watch()
    yield watch
    watch.close()


@pytest.mark.only_on("postgresql")
def test_elsewhere_than_on_sqlite_the_log_may_always_have_changed(watch):
    assert [watch.changed(), watch.changed()] == [True, True]
    assert watch.interval == 0.25


@pytest.mark.only_on("sqlite")
def test_a_watch_sees_commits_and_nothing_else(watch, order_paid):
    assert [watch.changed(), watch.changed()] == [True, False]

    with transaction.atomic():
        order_paid.send(sender=None)
        assert not watch.changed()
        transaction.set_rollback(True)
    assert not watch.changed()

    order_paid.send(sender=None)
    assert [watch.changed(), watch.changed()] == [True, False]


@pytest.fixture
def file(tmp_path):
    """A log of the test's own; the database has its own name again before it is emptied."""
    file = tmp_path / "log.sqlite3"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", file)
        yield file


@pytest.mark.only_on("sqlite")
def test_a_watch_waits_for_no_writer_where_there_is_no_write_ahead_log(file):
    writer = sqlite3.connect(file, isolation_level=None)
    watch = log.Watch()
    assert [watch.changed(), watch.changed()] == [True, False]

    writer.execute("BEGIN EXCLUSIVE")
    assert watch.changed()

    writer.execute("ROLLBACK")
    assert not watch.changed()
    watch.close()
    writer.close()


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("written", ["file:{}", "file://{}?cache=private"])
def test_a_database_that_is_named_by_an_address_is_watched_as_well(file, written):
    file = file.with_name("the log.sqlite3")
    connection.settings_dict["NAME"] = written.format(quote(str(file)))
    sqlite3.connect(file).close()
    watch = log.Watch()

    assert watch.changed()
    watch.close()


@pytest.mark.only_on("sqlite")
def test_a_file_that_takes_the_place_of_the_log_is_noticed(file):
    watch = log.Watch()
    assert not watch.changed()

    for _ in range(2):
        file.unlink(missing_ok=True)
        with sqlite3.connect(file) as made:
            made.execute("CREATE TABLE a (b)")
        made.close()
        assert any(watch.changed() for _ in range(41))

    assert watch.replaced == 1
    file.unlink()
    assert not any(watch.changed() for _ in range(41))
    watch.close()
    assert not any(watch.changed() for _ in range(39))

"""What every test may use, and the order that tests run in."""

import gc
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase

from events.process import publisher

from . import tables
from .pool import psycopg_pool
from .valkey import server as valkey_server

# The event loop's pools keep their threads for later work, by design.
POOLS = ("asyncio_", "ThreadPoolExecutor")


def pytest_configure(config):
    config.addinivalue_line("markers", "only_on(vendor): what is tested exists on this database alone")
    config.addinivalue_line("markers", "node: needs Node and what package.json names; `make check-js` runs it")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background (nohup, `&` in a script): the servers of the tests would be deaf to Ctrl-C as well.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """What another database has is left out. Browser tests go last: Playwright keeps a loop running."""
    elsewhere = [item for item in items for mark in item.iter_markers("only_on") if mark.args != (connection.vendor,)]
    items[:] = [item for item in items if item not in elsewhere]
    config.hook.pytest_deselected(items=elsewhere)
    items.sort(key=lambda item: "playwright" in item.fixturenames)


def pytest_collection_finish():
    """What was imported and collected stays: to look through all of it for garbage, again and again, takes seconds."""
    gc.freeze()


def pytest_unconfigure():
    """SQLite leaves the files beside its own to the last connection, which a thread may hold."""
    test = settings.DATABASES["default"].get("TEST", {})
    if test.get("NAME"):
        file = Path(test["NAME"])
        for leftover in file.parent.glob(f"{file.name}*"):
            leftover.unlink()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tables are emptied in our way. PostgreSQL drops no database that a waiting thread is still connected to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield

    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def empty_tables(case):
    for alias in case._databases_names(include_mirrors=False):
        tables.empty(alias)


@pytest.fixture(autouse=True)
def no_thread_left_behind():
    """Whatever starts a thread stops it. Daemon threads may wait for the process to end."""
    before = set(threading.enumerate())

    yield

    started = [thread for thread in threading.enumerate() if thread not in before]
    for thread in started:
        if not thread.daemon and not thread.name.startswith(POOLS):
            thread.join(timeout=1)
            assert not thread.is_alive(), f"{thread} outlives its test"


@pytest.fixture(autouse=True)
def the_shared_thread_is_disconnected():
    """The one thread for sync code in async code outlives its tests, and others cut every connection that they find."""
    yield

    SyncToAsync.single_thread_executor.submit(connections.close_all).result(timeout=10)


@pytest.fixture(autouse=True)
def everything_is_published(request):
    """The publisher's thread has done its work before the database is emptied and locked up."""
    for name in ("transactional_db", "db"):
        if name in request.fixturenames:
            # So that it is still there when this fixture ends.
            request.getfixturevalue(name)

    yield

    assert publisher().flush(), "the publisher could not do its work"


@pytest.fixture(scope="session")
def redis_url():
    """The address of a real Valkey that no test stops."""
    if settings.REDIS_URL:
        yield settings.REDIS_URL
    else:
        with valkey_server() as started:
            yield started.url


@pytest.fixture
def valkey():
    """A real Valkey that the test may kill, pause and empty."""
    with valkey_server() as started:
        yield started


@pytest.fixture
def database_url(transactional_db):
    """The test database, as the DATABASE_URL of a process that a test starts."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    login = quote(database["USER"], safe="")
    if database["PASSWORD"]:
        login += ":" + quote(database["PASSWORD"], safe="")
    host = quote(database["HOST"], safe="")
    if database["PORT"]:
        host += f":{database['PORT']}"
    return f"postgresql://{login}@{host}/{quote(database['NAME'], safe='')}"


@pytest.fixture
def pool(transactional_db):
    """Where other threads get their connections to PostgreSQL, as with Django's "pool" among the OPTIONS."""
    connection.ensure_connection()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "psycopg_pool", psycopg_pool)
        patch.setitem(connections.settings["default"]["OPTIONS"], "pool", True)
        yield connection.pool
        connection.close_pool()

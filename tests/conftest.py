"""What every test may use, and the order that tests run in."""

import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

# The event loop's pools keep their threads for later work, by design.
POOLS = ("asyncio_", "ThreadPoolExecutor")


def pytest_collection_modifyitems(items):
    """Browser tests go last: Playwright keeps a loop running, in which no other test could."""
    items.sort(key=lambda item: "browser" in Path(item.path).parts)


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


@pytest.fixture
def database_url(transactional_db):
    """The test database, as the DATABASE_URL of a process that a test starts."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    login = quote(settings["USER"], safe="")
    if settings["PASSWORD"]:
        login += ":" + quote(settings["PASSWORD"], safe="")
    host = quote(settings["HOST"], safe="")
    if settings["PORT"]:
        host += f":{settings['PORT']}"
    return f"postgresql://{login}@{host}/{quote(settings['NAME'], safe='')}"

"""
A process that does business: rows and signals in one transaction, of which a fifth is rolled back.

    python -m tests.chaos.emitter sync NAME SEED PROMISES

TERM ends it after the transaction that is under way; USR1 ends it right after a commit, before anything of that is
published; the end of its input ends it at once, for then its campaign has gone. What was sent without a transaction of
its own is noted in the file PROMISES: `?mark` before it is sent, and `!mark` if the write side says that it has it.
"""

import asyncio
import os
import random
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress

import django
from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connection, connections, transaction
from django.dispatch import Signal

# From 3.12 on Python warns of every fork beside a thread, which is what one of these is about.
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

TABLE = "chaos_business"
PAUSE = 0.05  # seconds between two transactions, on average
CHILD_TRANSACTIONS = 20
CHUNK = 500  # events in one transaction of a burst
AGAIN = 0.1  # seconds until a database that was away is asked again

stopping = threading.Event()
dying = threading.Event()


class UndoneError(Exception):
    """The transaction is rolled back, on purpose."""


class Business:
    """What one thread does. Its marks are `name:1`, `name:2`, … in the order in which they are sent."""

    def __init__(self, name: str, seed: str) -> None:
        self.rng = random.Random(f"{seed} {name}")
        self._name = name
        self._sent = 0

    def run(self, transactions: int = sys.maxsize) -> None:
        for _ in range(transactions):
            if stopping.is_set():
                break
            self.transact()
            time.sleep(self.rng.expovariate(1 / PAUSE))
        connections.close_all()

    def transact(self) -> None:
        """One transaction; or none, if the database is away."""
        try:
            with suppress(UndoneError):
                self._transact()
        except (DatabaseError, InterfaceError):
            with suppress(Exception):
                connection.close()
            time.sleep(AGAIN)

    def mark(self) -> str:
        self._sent += 1
        return f"{self._name}:{self._sent}"

    def send(self, mark: str) -> None:
        self.signal().send(sender=None, mark=mark, note="x" * self.rng.randrange(300), **NOBODY)

    def signal(self) -> Signal:
        return self.rng.choice(signals)

    def _transact(self) -> None:
        fate = self.rng.random()
        with transaction.atomic():
            if dying.is_set():
                transaction.on_commit(lambda: os._exit(7))
            self._some()
            if fate < 0.1:
                with suppress(UndoneError), transaction.atomic():
                    self._some()
                    raise UndoneError
                self._some()
            elif fate < 0.2:
                raise UndoneError

    def _some(self) -> None:
        for _ in range(self.rng.randint(1, 4)):
            mark = self.mark()
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {TABLE} (mark) VALUES (%s)", [mark])
            self.send(mark)


def sync(name: str, seed: str, promises: str) -> None:
    Business(name, seed).run()


def threaded(name: str, seed: str, promises: str) -> None:
    threads = [threading.Thread(target=Business(f"{name}-{n}", seed).run) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def forked(name: str, seed: str, promises: str) -> None:
    """Forks after it has sent, again and again, as servers do that are started before they fork."""
    parent = Business(name, seed)
    for generation in range(sys.maxsize):
        if stopping.is_set():
            break
        parent.run(5)
        # With a connection that is open, which is not the child's to use.
        parent.transact()
        child = os.fork()
        if not child:
            connection.connection = None
            Business(f"{name}-{generation}", seed).run(CHILD_TRANSACTIONS)
            sys.exit()
        parent.run(5)
        os.waitpid(child, 0)


def asynchronous(name: str, seed: str, promises: str) -> None:
    asyncio.run(_asynchronous(Business(name, seed), Promises(f"~{name}", promises)))


async def _asynchronous(business: Business, promises: "Promises") -> None:
    while not stopping.is_set():
        await sync_to_async(business.transact)()
        mark = promises.mark()
        failures = promises.failures()
        promises.give("?", mark)
        if business.rng.random() < 0.5:
            await business.signal().asend(sender=None, mark=mark, **NOBODY)
        else:
            # Django refuses the database to this: the event goes to the publisher's thread. (The third signal has a
            # receiver that is async, which is not to be had in this way.)
            business.rng.choice(signals[:2]).send(sender=None, mark=mark, **NOBODY)
            if not await asyncio.to_thread(publisher().flush, 20):
                continue
        if promises.failures() == failures:
            promises.give("!", mark)
        await asyncio.sleep(business.rng.expovariate(1 / PAUSE))


class Promises:
    """What was said of events that have no transaction: in a file, which a kill leaves as it was."""

    def __init__(self, name: str, path: str) -> None:
        self._name = name
        self._path = path
        self._sent = 0

    def mark(self) -> str:
        self._sent += 1
        return f"{self._name}:{self._sent}"

    def give(self, what: str, mark: str) -> None:
        with open(self._path, "a") as file:
            file.write(f"{what}{mark}\n")

    def failures(self) -> float:
        return sum(failures_of(reason) for reason in ("append", "retry", "full", "record"))


def end_with_the_campaign() -> None:
    # Not through sys.stdin, whose lock a child would inherit.
    while os.read(0, 1):
        pass
    os._exit(8)


def burst(name: str, seed: str, count: str) -> None:
    """So many events, as fast as it can."""
    business = Business(name, seed)
    for _ in range(int(count) // CHUNK):
        marks = [business.mark() for _ in range(CHUNK)]
        with suppress(DatabaseError, InterfaceError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {TABLE} (mark) VALUES (%s)", [[mark] for mark in marks])
            for mark in marks:
                business.send(mark)
        connection.close_if_unusable_or_obsolete()


def late(name: str, seed: str, seconds: str) -> None:
    """A transaction that has its rows early, and commits late."""
    business = Business(name, seed)
    with suppress(DatabaseError, InterfaceError), transaction.atomic():
        business._some()
        time.sleep(float(seconds))
        business._some()


def prune(name: str, seed: str, before: str) -> None:
    with suppress(DatabaseError, InterfaceError):
        log.prune("main", int(before))


KINDS = {
    "sync": sync,
    "threaded": threaded,
    "forked": forked,
    "async": asynchronous,
    "burst": burst,
    "late": late,
    "prune": prune,
}

if __name__ == "__main__":
    django.setup()
    from prometheus_client import REGISTRY

    from academy.signals import course_completed, order_paid, profile_verified
    from events import log
    from events.process import publisher

    NOBODY = {"order": None, "enrollment": None, "profile": None, "user": None}
    signals = [order_paid, course_completed, profile_verified]

    def failures_of(reason: str) -> float:
        return REGISTRY.get_sample_value("signalcast_failures_total", {"reason": reason}) or 0.0

    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGUSR1, lambda *_: dying.set())
    threading.Thread(target=end_with_the_campaign, daemon=True).start()
    kind, *arguments = sys.argv[1:]
    KINDS[kind](*arguments)

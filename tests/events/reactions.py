"""Receivers that are known by their names, for what is noted of them. Their lines are looked up by the tests."""

import asyncio
import functools
import threading

from asgiref.sync import markcoroutinefunction


class Refused(Exception):
    pass


def quick(**arguments):
    return "quick"


def other(**arguments):
    return "other"


def failing(**arguments):
    raise Refused("order 42, password=hunter2")


def ending(**arguments):
    raise SystemExit(3)


async def later(**arguments):
    await asyncio.sleep(0)
    return "later"


async def failing_later(**arguments):
    await asyncio.sleep(0)
    raise Refused("later")


async def patient(release, **arguments):
    """Waits until it is let go."""
    await release.wait()
    return "patient"


def decorated(function):
    @functools.wraps(function)
    def wrapper(**arguments):
        return function(**arguments)

    return wrapper


@decorated
def wrapped(**arguments):
    return "wrapped"


class Till:
    """Its methods receive, and so do its instances."""

    def ring(self, **arguments):
        return "ring"

    def __call__(self, **arguments):
        return "called"


class Broken:
    """Can be called, and has no name."""

    def __call__(self, **arguments):
        raise KeyError("order")


class Awaitable:
    """An asynchronous receiver that is no function."""

    def __init__(self):
        markcoroutinefunction(self)

    async def __call__(self, **arguments):
        return "awaited"


def held_up(release: threading.Event):
    """A receiver that waits in its thread."""

    def waiting(**arguments):
        assert release.wait(5)

    return waiting

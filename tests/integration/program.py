"""A program of the demo project, in a process of its own."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS")
# From 3.12 on Python warns of every fork beside a thread, which is what some programs here are about.
SETUP = """
import asyncio, os, sys, warnings
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
import django
django.setup()
from django.conf import settings
from django.db import connection, transaction
from academy.models import Order
from academy.signals import order_paid

def say(*words):
    # In one piece, whoever else writes.
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
"""

# For programs that follow the stream as somebody who signed in: `sign_in` returns the key of a session.
SIGN_IN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

def sign_in(name):
    user = User.objects.create_superuser(name)
    session = SessionStore()
    session.update({
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    })
    session.create()
    return session.session_key
"""


class Woken:
    """A channel layer that needs its loop to be woken from outside, as sockets do."""

    async def group_send(self, group, message):
        await asyncio.to_thread(int)


class Program:
    """Python source that runs after Django's set-up, on the given database. Its output is read line by line."""

    def __init__(self, source, database_url):
        self._process = start([sys.executable, "-c", SETUP + source], database_url)

    def line(self):
        """The next line that it says."""
        return self._process.stdout.readline().rstrip("\n")

    def kill(self):
        self._process.kill()

    def end(self):
        """Waits for its end; what it said meanwhile, its complaints, its exit status, and how long that took."""
        started = time.monotonic()
        said, complaints = self._process.communicate(timeout=60)
        return said.splitlines(), complaints, self._process.returncode, time.monotonic() - started


def start(command, database_url, **options):
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def manage(*words, database_url, stdin=""):
    """Runs `manage.py` with these words to its end: what it said, its complaints, its exit status."""
    process = start([sys.executable, "manage.py", *words], database_url)
    said, complaints = process.communicate(stdin, timeout=60)
    return said, complaints, process.returncode

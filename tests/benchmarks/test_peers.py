"""benchmarks.peers: those that no other test starts."""

import subprocess

import pytest

from tests.integration.server import ROOT


@pytest.mark.node
def test_the_peer_in_node_gets_as_far_as_its_library():
    """Which is not among ours: whoever wants to compare installs it."""
    command = ["node", ROOT / "benchmarks" / "peers" / "socketio.cjs", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert "Cannot find module 'socket.io'" in done.stderr

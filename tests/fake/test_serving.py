"""Serving until Ctrl-C."""

from __future__ import annotations

import subprocess
import sys

import pytest
import requests

from pytest_mastra.fake.fronts.socket import serve
from tests.cli.processes import HEARS_CTRL_C, interrupted
from tests.fake.client_outcomes import Scripted

PROGRAM = f"""
{HEARS_CTRL_C}
from functools import partial
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.fronts.socket import serve

server = FakeMastra()
server.workflow("report").returns(dict(text="sunny"))
serve(server, port=0, announce=partial(print, flush=True))
print("stopped")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no way to send a Ctrl-C to one process")
def test_a_server_for_others() -> None:
    """Another process is served at the address that is announced; Ctrl-C ends it in good order, without a word."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            reply = requests.post(f"{url}/api/workflows/report/start-async", json={"inputData": {}}, timeout=30)
            assert reply.json()["result"] == {"text": "sunny"}
            assert interrupted(process) == ("stopped\n", "")
            assert process.returncode == 0
        finally:
            process.kill()


def test_the_machine_only() -> None:
    """It does not serve where others could reach it."""
    with pytest.raises(ValueError, match="not a loopback address"):
        serve(Scripted(lambda _: pytest.fail("served")), "0.0.0.0")

"""The README's example of the client, run as it stands there, but for the address."""

from __future__ import annotations

import pytest

from tests.fake.test_readme import python_block
from tests.live.server import LiveServer


def test_the_client_of_the_readme(live_server: LiveServer, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints what its comments say, on every generation."""
    code = python_block("Call a workflow").replace("http://localhost:4111", live_server.base_url)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "{'text': 'Paris: 5'}"
    assert printed[1].startswith("workflow-start")
    assert printed[-2].startswith("workflow-finish")
    assert printed[-1].endswith("success {'text': 'Rome: 4'}>")
    assert repr(names["question"]) == "<Suspension approve {'ask': 'approve 3?'}>"
    client = names["client"]
    client.close()  # type: ignore[attr-defined]

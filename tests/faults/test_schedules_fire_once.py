"""What cannot be looked at is sent once: a 429 may come from what stands before a server that has done it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient, RateLimitError
from tests.faults.wire_server import WireServer, json_reply

BUSY = json_reply({"error": "slow down"}, 429)

UNSEEN: dict[str, tuple[str, Callable[[MastraClient], Any]]] = {
    "run_schedule": ("/run", lambda client: client.run_schedule("schedule_s")),
    "restart_all_active": (
        "/restart-all-active-workflow-runs",
        lambda client: client.get_workflow("w").restart_all_active(),
    ),
    "restart_all_active_async": (
        "/restart-all-active-workflow-runs-async",
        lambda client: client.get_workflow("w").restart_all_active_async(),
    ),
}


@pytest.mark.parametrize("verb", UNSEEN)
def test_a_verb_whose_effect_nobody_can_see(verb: str, server: WireServer, client: MastraClient) -> None:
    """It is not sent again after a 429."""
    path_end, call = UNSEEN[verb]
    server.on("POST", path_end, BUSY, json_reply({"message": "done"}))
    with pytest.raises(RateLimitError) as caught:
        call(client)
    assert caught.value.attempts == 1
    assert [request.path.endswith(path_end) for request in server.received] == [True]


def test_a_verb_that_does_nothing_twice(server: WireServer, client: MastraClient) -> None:
    """It is."""
    server.on("DELETE", "/schedule_s", BUSY, json_reply({"message": "gone"}))
    assert client.delete_schedule("schedule_s") == "gone"

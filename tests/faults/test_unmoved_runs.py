"""What a wait says at its end of a run that has not moved all the while, and of which its server knows no more."""

from __future__ import annotations

import pytest

from mastra_sync import MastraClient, RunTimeout
from tests.faults.clocks import VirtualClock
from tests.faults.scripted_runs import RUN_ID, WORKFLOW, reading
from tests.faults.wire_server import Answer, WireServer, json_reply

RUNNING, PENDING = json_reply(reading("running")), json_reply(reading("pending"))
LONG = 120.0

UNMOVED: dict[str, tuple[float, tuple[Answer, ...], str]] = {
    "its end was not stored, or a step takes long": (LONG, (RUNNING,), "has not changed for 120 s. A step that takes"),
    "it moved at first": (LONG, (RUNNING, json_reply(reading("running", 2))), "has not changed for 120 s."),
    "it never began": (
        5.0,
        (PENDING,),
        "It never began: nobody has started it, or its start was refused",
    ),
}
SILENT: dict[str, tuple[float, tuple[Answer, ...]]] = {
    "it has had no time": (20.0, (RUNNING,)),
    "it sleeps": (LONG, (json_reply(reading("waiting")),)),
    "it moves all the time": (LONG, tuple(json_reply(reading("running", second % 60)) for second in range(200))),
}


def timeout_of(server: WireServer, seconds: float, answers: tuple[Answer, ...]) -> RunTimeout:
    """Return what a wait of some seconds ends with; the client's time passes in leaps."""
    server.on("GET", f"/{RUN_ID}", *answers)
    with MastraClient(server.base_url, clock=VirtualClock()) as client, pytest.raises(RunTimeout) as caught:
        client.get_workflow(WORKFLOW).get_run(RUN_ID).wait(timeout=seconds)
    return caught.value


@pytest.mark.parametrize("case", UNMOVED)
def test_a_run_that_has_not_moved(server: WireServer, case: str) -> None:
    """The last line says what may be, and where the reason is told; it advises nothing that executes a step twice."""
    seconds, answers, said = UNMOVED[case]
    late = timeout_of(server, seconds, answers)
    assert said in late.hint
    assert str(late).splitlines()[-1] == f"  {late.hint}"
    assert "restart" not in str(late)


@pytest.mark.parametrize("case", SILENT)
def test_a_run_of_which_nothing_speaks_for_trouble(server: WireServer, case: str) -> None:
    """There is no third line."""
    seconds, answers = SILENT[case]
    late = timeout_of(server, seconds, answers)
    assert (late.hint, str(late).count("\n")) == ("", 1)

"""What a client asks by itself, to say more of an error: recordings with it, and older ones without."""

from __future__ import annotations

import pytest

from mastra_sync import MastraClient, WorkflowNotFound
from mastra_sync.request import LOOK, LOOK_HEADER
from pytest_mastra.cassettes.drift.compare import compare
from pytest_mastra.cassettes.replay.no_match import Miss, NoRecordedReply
from pytest_mastra.cassettes.replay.player import Playback
from pytest_mastra.cassettes.replay.surface import ReplaySurface
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from tests.cassettes.exchange_factory import exchange

REFUSED = exchange("/api/workflows/expnse", {"error": "Workflow not found"}, status=404)
LOOKED = exchange(
    "/api/workflows?partial=true", {"expense": {"name": "expense"}}, asked_headers={LOOK_HEADER: LOOK}, number=1
)


def refuse(miss: Miss) -> NoRecordedReply:
    """Fail a test whose request was not recorded."""
    pytest.fail(miss.reason)


@pytest.mark.parametrize(
    ("recorded", "said"), [([REFUSED], []), ([REFUSED, LOOKED], ["  Did you mean 'expense'?"])], ids=["older", "newer"]
)
def test_a_recording_answers_the_look_if_it_has_it(recorded: list[object], said: list[str]) -> None:
    """Without it, nothing is amiss: the error says what it said when it was recorded."""
    clock = VirtualClock()
    surface = ReplaySurface(Playback(recorded), clock=clock, on_miss=refuse)  # type: ignore[arg-type]
    with InProcess(surface) as front, MastraClient(front.url, clock=clock) as client:
        with pytest.raises(WorkflowNotFound) as raised:
            client.get_workflow("expnse").details()
        assert str(raised.value).split("\n")[1:] == said


def test_a_look_that_nobody_asks_for_is_neither_left_over_nor_drift() -> None:
    """A client may have no time for it, and one of another release none to ask."""
    assert [entry.exchange for entry in Playback([REFUSED, LOOKED]).unplayed_entries] == [REFUSED]
    assert not compare([REFUSED], [REFUSED, LOOKED]).runs
    assert not compare([REFUSED, LOOKED], [REFUSED]).runs

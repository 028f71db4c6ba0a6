"""What is known of a run's steps after each event."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync.events import StreamEvent
from mastra_sync.models import RunResult
from mastra_sync.terminal.progress_rows import ProgressRows
from tests.cli.stub_server import step


def board_after(*events: dict[str, Any]) -> ProgressRows:
    board = ProgressRows(clock=lambda: 0.0)
    for event in events:
        board.take(StreamEvent(event))
    return board


def test_a_step_that_ends_has_the_servers_duration() -> None:
    """The time that a step took is the server's, not the time between two events here."""
    board = board_after(step("start", "a"), step("result", "a", status="success", startedAt=1000, endedAt=3500))
    assert [(row.name, row.status, row.took) for row in board.rows] == [("a", "success", 2.5)]


def test_a_resumed_step_counts_from_its_resume() -> None:
    """The hours that a step waited for an answer are not time that it took."""
    board = board_after(step("result", "a", status="success", startedAt=0, resumedAt=5000, endedAt=5250))
    assert board.rows[0].took == 0.25


def test_nested_steps_stand_below_their_workflow() -> None:
    """A nested step is named without its workflow, one deeper, and before what began later outside."""
    board = board_after(
        step("start", "inner"), step("start", "other"), step("start", "inner.a"), step("start", "inner.b")
    )
    assert [(row.name, row.depth) for row in board.rows] == [("inner", 0), ("a", 1), ("b", 1), ("other", 0)]


def test_an_id_with_a_dot_is_not_nested() -> None:
    """A dot alone does not make a nested step."""
    assert [(row.name, row.depth) for row in board_after(step("start", "v1.2")).rows] == [("v1.2", 0)]


def test_a_loop_has_one_row() -> None:
    """A loop's rounds are counted, not listed."""
    rounds = [step("start", "a", metadata={"iterationCount": count}) for count in (1, 2, 3)]
    assert [row.rounds for row in board_after(*rounds).rows] == [3]


def test_progress_of_a_foreach() -> None:
    """A foreach shows how many items are done."""
    board = board_after(step("start", "a"), step("progress", "a", completedCount=2, totalCount=5, currentIndex=3))
    assert board.rows[0].progress == "2 of 5"


def test_output_finds_its_nested_step() -> None:
    """An output names the innermost step only."""
    board = board_after(step("start", "inner"), step("start", "inner.a"), step("output", "a", output={"n": 1}))
    assert [row.detail for row in board.rows] == ["", '{"n": 1}']


@pytest.mark.parametrize("error", ["Error: boom", {"name": "Error", "message": "boom"}])
def test_a_failed_step_says_why(error: Any) -> None:
    """Errors are shown whether a server sends them as text or as an object."""
    assert board_after(step("result", "a", status="failed", error=error)).rows[0].detail == "Error: boom"


def test_a_question_is_shown_once() -> None:
    """A nested workflow that repeats its step's question does not show it, nor what the engine adds."""
    asked = {"ask": "q?"}
    repeated = {**asked, "__workflow_meta": {"path": ["q"]}}
    board = board_after(
        step("start", "inner"),
        step("suspended", "inner.q", suspendPayload=asked),
        step("suspended", "inner", suspendPayload=repeated),
    )
    assert [row.detail for row in board.rows] == ["", '{"ask": "q?"}']


def test_ids_that_mastra_makes_up_lose_their_uuid() -> None:
    """A sleep is called sleep."""
    assert board_after(step("waiting", "sleep_2da4ff61-4a38-4957-951e-8933c72ef371")).rows[0].name == "sleep"


def test_a_step_cannot_steer_the_terminal() -> None:
    """Escapes, line breaks and changes of direction in a server's text are shown, not obeyed."""
    board = board_after(step("start", "a\x1b[2J"), step("output", "a\x1b[2J", output="x\x1b]0;title\x07\ny\u202ez"))
    row = board.rows[0]
    assert (row.name, row.detail) == ("a\\x1b[2J", "x\\x1b]0;title\\x07 y\\u202ez")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "workflow-step-start"},
        {"type": "workflow-step-start", "payload": None},
        {"type": "workflow-step-new-kind", "payload": {"id": "a"}},
        step("start", "a", metadata="odd"),
        step("progress", "a"),
        step("result", "a", startedAt="soon", endedAt=None),
        {"type": "data-custom", "data": {"id": "x"}},
    ],
)
def test_events_of_another_form_do_no_harm(event: dict[str, Any]) -> None:
    """What a newer server or a step's writer sends is taken as far as it goes."""
    assert all(row.id == "a" for row in board_after(event).rows)


def test_steps_that_the_stream_missed_are_added() -> None:
    """After a cut the run's own account fills the gaps."""
    board = board_after(step("start", "a"))
    result = RunResult.model_validate(
        {
            "workflowName": "w",
            "status": "failed",
            "steps": {"a": {"status": "success"}, "b": {"status": "failed", "error": "Error: no"}},
        }
    )
    board.settle(result, is_complete=False)
    assert [(row.id, row.status, row.detail) for row in board.rows] == [
        ("a", "success", ""),
        ("b", "failed", "Error: no"),
    ]


def test_no_step_is_left_running_after_the_end() -> None:
    """A step that a cancel has cut short is not shown as running for ever."""
    board = board_after(step("start", "a"))
    board.settle(RunResult(status="canceled"), is_complete=True)
    assert board.rows[0].status == "canceled"


def test_a_waiting_nested_workflow_stays_suspended() -> None:
    """Servers store the workflow around a suspended step as running."""
    board = board_after(step("suspended", "inner", suspendPayload={}))
    account = {"workflowName": "w", "status": "suspended", "steps": {"inner": {"status": "running"}}}
    board.settle(RunResult.model_validate(account), is_complete=True)
    assert board.rows[0].status == "suspended"

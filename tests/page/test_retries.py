"""The attempts of a fake's steps that failed and were retried: in the trace, in coverage of it, on the page."""

from __future__ import annotations

from collections.abc import Iterator

from mastra_sync import MastraClient
from pytest_mastra import StepContext, StepError
from pytest_mastra.coverage.observed_run import runs_of_trace
from pytest_mastra.fake import FakeMastra
from pytest_mastra.page.details import _with_retries
from pytest_mastra.page.layouts import Layouts
from pytest_mastra.page.shown_run import shown_runs
from tests.page.acted_pages import trace_of
from tests.run_history.acted_scenes import acted


def play(server: FakeMastra, client: MastraClient) -> None:
    attempts: Iterator[int] = iter(range(1, 9))

    def charge(_: StepContext) -> int:
        number = next(attempts)
        if number < 3:
            raise StepError(f"busy, token=sesame-{number}")
        return number

    inner = server.workflow("inner").then(server.step("charge", charge, retries=3, duration=2)).commit()
    flow = server.workflow("pay").then(server.step("look", lambda ctx: 1, duration=1)).then(inner)
    flow.then(server.step("mail", lambda ctx: 1 / 0, retries=1, duration=1)).commit()
    with client.get_workflow("pay").create_run().stream({}) as events:
        assert [event.type for event in events][-1] == "workflow-finish"


def test_retries() -> None:
    """When each attempt failed and with what; the step is told apart into its attempts, in story and timeline."""
    trace = trace_of(acted(play))
    (run,) = trace.runs
    began = run.retries[0].at - 3
    assert [(one.step, round(one.at - began, 3)) for one in run.retries] == [
        *(("inner.charge", 3.0), ("inner.charge", 5.0), ("mail", 8.0))
    ]
    assert "busy" in str(run.retries[0].error)
    assert "sesame" not in str(run.retries)
    (observed,) = runs_of_trace(trace)
    assert observed.retried == {"inner.charge"}
    (shown,) = shown_runs(trace, Layouts())
    steps = {step.path: step for step in shown.steps}
    assert [steps[name].count for name in ("look", "inner.charge", "mail")] == ["", "3 tries", "2 tries"]
    assert [(kind, round(begin), round(end or -1)) for kind, begin, end in steps["inner.charge"].spans] == [
        *(("failed", 1, 3), ("failed", 3, 5), ("working", 5, 7))
    ]
    story = [(event.event["type"], (event.event.get("payload") or {}).get("id")) for event in _with_retries(trace)]
    assert [name for kind, name in story if kind == "step-failed, tried again"] == [
        *("inner.charge", "inner.charge", "mail")
    ]
    assert story.index(("step-failed, tried again", "mail")) == story.index(("workflow-step-result", "mail")) - 1

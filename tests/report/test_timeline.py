"""A run as a few lines: its steps on one time axis, what failed and why."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mastra_sync import MastraClient, RunTimeout
from mastra_sync.models import RunResult
from pytest_mastra.fake import AS_TIMED, FakeMastra, StepError
from pytest_mastra.redact.scrubber import Scrubber
from pytest_mastra.report.timeline import Endings, Look, draw_runs, timeline
from pytest_mastra.run_history.runs import TouchedRun, touched_runs
from tests.run_history.acted_scenes import acted, empty_scene, run_event, said, step_event, stream_of

GENERATIONS = ["current", "1.2", "1.0-beta"]


def drawn(play: Any, generation: str = "current", target: str = "fake", **look: Any) -> list[str]:
    """Return the timeline of the last run of a play."""
    return timeline(touched_runs(acted(play, generation=generation, target=target))[-1], **look)


def told(*events: dict[str, Any], status: str = "failed", at: list[float] | None = None) -> TouchedRun:
    """Return a run that only events tell of."""
    arrivals: list[tuple[float, int] | None] = [None] * len(events) if at is None else [(moment, 0) for moment in at]
    return TouchedRun("w", "r1", status, events=list(events), arrivals=arrivals)


def answered(status: str, steps: dict[str, Any], **more: Any) -> TouchedRun:
    """Return a run that only an answer tells of."""
    account = {"status": status, "workflowName": "w", "runId": "r1", "steps": steps, **more}
    result = RunResult.from_server(account, workflow_id="w", run_id="r1")
    return TouchedRun("w", "r1", status, result, last_state=account)


def journey(server: FakeMastra, client: MastraClient) -> None:
    """Play everything that a run can go through, to a failure."""

    def ask(ctx: Any) -> Any:
        return {"ok": True} if ctx.resume_data else ctx.suspend({"ask": "ok?"})

    def fail(ctx: Any) -> Any:
        raise StepError("no seats left", name="SoldOut")

    def step(name: str, run: Any, seconds: float) -> Any:
        return server.step(name, run, duration=seconds)

    inner = server.workflow("inner").then(step("i1", lambda ctx: 1, 1)).then(step("i2", lambda ctx: [1, 2, 3], 1))
    (
        server.workflow("city")
        .parallel([step("map", lambda ctx: 1, 1.5), step("news", lambda ctx: 2, 2.5)])
        .sleep(5)
        .then(step("ask", ask, 0.5))
        .then(inner.commit())
        .foreach(step("each", lambda ctx: ctx.input_data, 0.3))
        .dowhile(step("again", lambda ctx: 3, 0.1), lambda ctx: ctx.iteration_count < 3)
        .then(step("book", fail, 0.2))
        .commit()
    )
    run = client.get_workflow("city").create_run("r1")
    with run.stream({"city": "Oslo"}) as stream:
        list(stream)
    server.clock.advance(30)
    with run.resume_stream({"yes": 1}) as stream:
        list(stream)


JOURNEY = """\
✗ city failed after 41.9 s, run r1
  ✓ map         ━━━━━━━━                                                   1.5 s
  ✓ news        ━━━━━━━━━━━━━━                                             2.5 s
  ✓ sleep                     ┄┄                                           5.0 s
  ✓ ask                         ━━━·················━━                     1.0 s
  ✓ inner                                             ━━━━━━━━━━━          2.0 s
    ✓ i1                                              ━━━━━━               1.0 s
    ✓ i2                                                    ━━━━━          1.0 s
  ✓ each 3 of 3                                                  ━━━━━    900 ms
  ✓ again x3                                                          ━━  300 ms
  ✗ book                                                                ━ 200 ms
  book failed: SoldOut: no seats left"""


@pytest.mark.parametrize("target", ["fake", "live"])
def test_everything_that_a_run_goes_through(target: str) -> None:
    """Parallel, nested and repeated steps, a sleep, a wait for an answer (drawn shorter) and a failure, on one axis."""
    assert "\n".join(drawn(journey, target=target)) == JOURNEY


@pytest.mark.parametrize("generation", ["1.2", "1.0-beta"])
def test_older_servers(generation: str) -> None:
    """Older servers tell no progress of a foreach; all else is the same."""
    lines = drawn(journey, generation)
    assert lines[0] == JOURNEY.splitlines()[0]
    assert [line.split()[:2] for line in lines[1:]] == [line.split()[:2] for line in JOURNEY.splitlines()[1:]]
    # 1.0 beta keeps no error's class
    name = "Error" if generation == "1.0-beta" else "SoldOut"
    assert lines[-1] == f"  book failed: {name}: no seats left"


def test_ascii() -> None:
    """A terminal that has ASCII only gets the same in ASCII."""
    assert drawn(journey, ascii=True, width=50) == [
        "x city failed after 41.9 s, run r1",
        "  + map         ====                         1.5 s",
        "  + news        =======                      2.5 s",
        "  + sleep              ~                     5.0 s",
        "  + ask                 =........=           1.0 s",
        "  + inner                         =====      2.0 s",
        "    + i1                          ===        1.0 s",
        "    + i2                             ==      1.0 s",
        "  + each 3 of 3                        ===  900 ms",
        "  + again x3                              = 300 ms",
        "  x book                                  = 200 ms",
        "  book failed: SoldOut: no seats left",
    ]


def test_colour() -> None:
    """With colour the same text is there, coloured by status; what failed is bold and red."""
    plain, coloured = drawn(journey), drawn(journey, colour=True)
    assert [re.sub("\x1b\\[[0-9;]*m", "", line).rstrip() for line in coloured] == plain
    assert coloured[0] == "\x1b[1;31m✗ city failed after 41.9 s, run r1\x1b[0m"
    assert coloured[1].startswith("  \x1b[32m✓ map        \x1b[0m \x1b[32m━━━━━━━━")
    assert coloured[-1] == "\x1b[1;31m  book failed: SoldOut: no seats left\x1b[0m"


def test_a_suspended_run_says_what_it_asks() -> None:
    """A step that waits is drawn as far as it came, and its question stands below."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        ask = server.step("ask", lambda ctx: ctx.suspend({"ask": "Book Oslo?"}), duration=2)
        server.workflow("city").then(server.step("look", lambda ctx: 1, duration=1)).then(ask).commit()
        client.get_workflow("city").create_run("r1").start_async({})

    assert drawn(play, width=60) == [
        "? city is suspended after 3.0 s, run r1",
        "  ✓ look ━━━━━━━━━━━━━━━                               1.0 s",
        "  ? ask                 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2.0 s",
        '  ask asks {"ask": "Book Oslo?"}',
    ]


def test_one_of_two_waits() -> None:
    """A step that waits while others go on is drawn waiting to the end."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        ask = server.step("ask", lambda ctx: ctx.suspend({}), duration=1)
        server.workflow("city").parallel([ask, server.step("look", lambda ctx: 1, duration=3)]).commit()
        client.get_workflow("city").create_run("r1").start_async({})

    assert drawn(play, width=60)[1:] == [
        "  ? ask  ━━━━━━━━━━━━━━━······························ 1.0 s",
        "  ✓ look ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 3.0 s",
    ]


def test_a_run_that_goes_on() -> None:
    """A step that still runs has a bar with a point."""
    run = told(
        step_event("start", "a", startedAt=0),
        step_event("result", "a", startedAt=0, endedAt=2000, status="success"),
        step_event("start", "b", startedAt=2000),
        step_event("start", "c", startedAt=3000),
        status="running",
    )
    assert timeline(run, width=40) == [
        "• w is running after 3.0 s, run r1",
        "  ✓ a ━━━━━━━━━━━━━━━━━━━          2.0 s",
        "  • b                    ━━━━━━━━▸ 1.0 s",
        "  • c                            ▸  0 ms",
    ]


def test_an_answer_that_forgot_the_wait() -> None:
    """Current servers forget when a resumed step suspended: without events it waited from its start."""
    step = {"status": "success", "startedAt": 1, "resumedAt": 8001, "endedAt": 10_001}
    other = {"status": "success", "startedAt": 1, "endedAt": 10_001}
    assert timeline(answered("success", {"ask": step, "look": other}), width=40) == [
        "✓ w succeeded after 10.0 s, run r1",
        "  ✓ ask  ━··················━━━━━  2.0 s",
        "  ✓ look ━━━━━━━━━━━━━━━━━━━━━━━━ 10.0 s",
    ]


def test_a_canceled_run() -> None:
    """What still ran when its run was canceled is not told as running."""
    run = told(step_event("start", "a", startedAt=0), step_event("waiting", "b", startedAt=2000), status="canceled")
    assert timeline(run, width=40) == [
        "− w was canceled after 2.0 s, run r1",  # noqa: RUF001 -- a minus sign
        "  − a ━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2.0 s",  # noqa: RUF001
        "  − b                            ┄  0 ms",  # noqa: RUF001
    ]


def test_a_whole_day_asleep() -> None:
    """Where a run mostly slept, the sleep gets a third of the axis, so that work can be seen."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        work = [server.step(name, lambda ctx: 1, duration=seconds) for name, seconds in (("a", 1), ("b", 3))]
        server.workflow("city").then(work[0]).sleep(86_400).then(work[1]).commit()
        client.get_workflow("city").create_run("r1").start_async({})

    assert drawn(play, width=60) == [
        "✓ city succeeded after 24 h 00 min, run r1",
        "  ✓ a     ━━━━━━                                       1.0 s",
        "  ✓ sleep       ┄┄┄┄┄┄┄┄┄┄┄┄┄                    24 h 00 min",
        "  ✓ b                        ━━━━━━━━━━━━━━━━━━━       3.0 s",
    ]


def test_no_time_at_all() -> None:
    """A run whose steps took no time has no axis."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        server.workflow("city").then(server.step("a", lambda ctx: 1)).then(server.step("b", lambda ctx: 2)).commit()
        client.get_workflow("city").create_run("r1").start_async({})

    assert drawn(play) == ["✓ city succeeded after 0 ms, run r1", "  ✓ a 0 ms", "  ✓ b 0 ms"]


def test_when_no_server_tells_the_time() -> None:
    """Without times of the server's those count at which events arrived."""
    run = told(
        step_event("start", "a"),
        step_event("result", "a", status="success"),
        step_event("suspended", "b"),
        step_event("start", "b"),
        step_event("result", "b", status="failed", error="Error: no"),
        at=[10.0, 12.0, 13.0, 17.0, 18.0],
    )
    assert timeline(run, width=40) == [
        "✗ w failed after 8.0 s, run r1",
        "  ✓ a ━━━━━━━━━━━━                 2.0 s",
        "  ✗ b               ━·······━━━━━━ 1.0 s",
        "  b failed: Error: no",
    ]


def test_nothing_is_known() -> None:
    """A run that was named and no more has its title."""
    assert timeline(TouchedRun("w", "r1")) == ["• w has no known status, run r1"]
    assert timeline(TouchedRun("w", "r1", "not found")) == ["• w was not found, run r1"]
    assert timeline(TouchedRun("w", "r1", "unheard-of")) == ["• w is unheard-of, run r1"]


def test_a_refused_request_is_told() -> None:
    """What the last request that went wrong met stands below, with how often that was."""
    scene = empty_scene()
    refusal = {"error": "Invalid input data: \n- name: Invalid input: expected string, received number"}
    for at in range(2):
        said(scene, "POST", "/workflows/w/start-async?runId=r1", refusal, status=400, at=at)
    (run,) = touched_runs(scene)
    assert timeline(run) == [
        "• w has no known status, run r1",
        "  start_async was answered 400: Invalid input data: - name: Invalid input: ex...",
    ]
    said(scene, "POST", "/workflows/w/stream?runId=r1", chunks=stream_of([run_event("start")]), failure="cut", at=3)
    assert timeline(touched_runs(scene)[0])[-1] == "  stream broke off: cut (3 times refused or cut)"


STEPS = {f"s{number:02}": {"status": "success", "startedAt": number, "endedAt": number + 1} for number in range(30)}


def test_more_steps_than_lines() -> None:
    """The first, the last and what ran before the failure are kept; the others are counted."""
    steps = {**STEPS, "s20": {"status": "failed", "startedAt": 20, "endedAt": 21, "error": {"message": "no"}}}
    lines = timeline(answered("failed", steps), width=50)
    assert len(lines) == 12
    assert [line.split()[1] for line in lines[1:-1]] == [
        "s00",
        "21",
        "s14",
        "s15",
        "s16",
        "s17",
        "s18",
        "s19",
        "s20",
        "s29",
    ]
    assert lines[2] == "  ⋮ 21 more steps: 21 success"
    assert lines[-1] == "  s20 failed: no"


def test_more_failures_than_lines() -> None:
    """Of many steps that failed some are drawn, two are told why, and all are counted."""
    steps = {name: {"status": "failed", "error": {"message": name}} for name in STEPS}
    lines = timeline(answered("failed", steps), width=50)
    assert len(lines) == 12
    assert lines[8:] == ["  ⋮ 23 more steps: 23 failed", "  s00 failed: s00", "  s01 failed: s01", "  ... and 28 more"]


def test_a_nested_failure_is_told_once() -> None:
    """A workflow that fails with its step's error does not tell it again, and the step is named with its workflow."""
    error = {"message": "no"}
    failed = {"status": "failed", "error": error}
    run = answered("failed", {"outer": failed, "outer.inner": failed, "outer.inner.a": failed})
    assert timeline(run)[1:] == ["  ✗ outer", "    ✗ inner", "      ✗ a", "  outer.inner.a failed: no"]


def test_names_that_are_too_long() -> None:
    """Ids are clipped, wide characters counted as two cells, and control characters shown as escapes."""
    steps = {"漢字" * 20: {"status": "success", "startedAt": 0, "endedAt": 10}, "a\x1b[2J": {"status": "success"}}
    run = answered("success", steps)
    run.workflow_id = "w" * 100
    assert timeline(run, width=50) == [
        "✓ wwwwwwwwwwwwwww... succeeded after 10 ms, run r1",
        "  ✓ 漢字漢字漢字漢...  ━━━━━━━━━━━━━━━━━━━━━ 10 ms",
        "  ✓ a\\x1b[2J",
    ]


def test_too_narrow_for_bars() -> None:
    """A narrow terminal gets names and times."""
    run = answered(
        "success", {"a": {"status": "success", "startedAt": 0, "endedAt": 754_000}, "long-name": STEPS["s01"]}
    )
    assert timeline(run, width=20) == ["✓ w succeeded aft...", "  ✓ a   12 min 34 s", "  ✓ ...        1 ms"]


def test_many_runs() -> None:
    """Of many runs those that went wrong are drawn first, in their order; the others are counted."""
    runs = [TouchedRun("w", f"r{number}", "success" if number % 2 else "failed") for number in range(12)]
    assert draw_runs(runs, Look()) == [
        "✗ w failed, run r0",
        "✗ w failed, run r2",
        "✗ w failed, run r4",
        "✗ w failed, run r6",
        "✗ w failed, run r8",
        "... and 7 more runs: 6 success, 1 failed",
    ]
    assert draw_runs(runs, Look(in_short=True))[-2:] == ["✗ w failed, run r10", "... and 2 more runs: 2 success"]


def test_in_short() -> None:
    """In short a run is one line."""
    assert draw_runs([answered("success", STEPS)], Look(in_short=True)) == ["✓ w succeeded after 30 ms, run r1"]


def test_a_run_that_the_test_gave_up_on() -> None:
    """What still sleeps is drawn up to when it was last asked after, not only to when it began."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        server.workflow("slow", pace=AS_TIMED).sleep(1000, id="nap").returns({})
        with pytest.raises(RunTimeout):
            client.get_workflow("slow").execute({}, timeout=5)

    title, nap = drawn(play, width=70)
    assert re.fullmatch(r"… slow is waiting after [45]\.\d s, run \S+", title)
    assert re.fullmatch(r"  … nap ┄{40,}▸ [45]\.\d s", nap)


def test_the_input_of_a_run_at_work() -> None:
    """It is that of the request which started it: servers do not tell it before the run's end."""
    run = TouchedRun("w", "r1", "running", last_state={"runId": "r1", "status": "running"}, input_data={"gate": "x"})
    lines = Endings(Scrubber(), on_server=True).of(run, short=False, has_why=True, is_drawn=True)
    assert lines == ["  input   {'gate': 'x'}", '  again   mastra-sync run w --input \'{"gate": "x"}\'']

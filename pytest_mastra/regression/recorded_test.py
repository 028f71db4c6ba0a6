"""The modules that `mastra-sync record` writes: a fake, and a test on one. No I/O."""

from __future__ import annotations

import pprint
from collections.abc import Iterator
from typing import Any

from mastra_sync.arguments import OMIT
from pytest_mastra.regression.recorded_run import RecordedRun

_WIDTH = 88
_NARROWEST = 30

_FAKE = '''"""A fake whose workflow does what a recorded run did: `mastra-sync serve` serves it."""

from pathlib import Path

from pytest_mastra import FakeMastra

server = FakeMastra.from_cassette(Path(__file__).with_name({cassette!r}))
'''
_TEST = '''"""A run that `mastra-sync record` has recorded, once more on a fake made of it."""

from pathlib import Path

from mastra_sync import MastraClient
from pytest_mastra import AT_ONCE, FakeMastra, InProcess

RECORDED = Path(__file__).with_name({cassette!r})


def {name}():
    server = FakeMastra.from_cassette(RECORDED, pace=AT_ONCE)
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        run = client.get_workflow({workflow!r}).create_run()
{moves}
        result = run.result()
{checks}
'''


def fake_text(cassette: str) -> str:
    """Return a module with a fake made of the cassette of this name."""
    return _FAKE.format(cassette=cassette)


def test_text(cassette: str, workflow_id: str, name: str, recording: RecordedRun) -> str:
    """Return a module with a test that a run's input and answers lead where they led.

    Args:
        cassette: The name of the cassette that is beside it.
        workflow_id: The workflow, as the server is asked for it.
        name: The test's.
        recording: The run.
    """
    return _TEST.format(
        cassette=cassette,
        workflow=workflow_id,
        name=name,
        moves="\n".join(f"        {line}" for line in _moves(recording)),
        checks="\n".join(f"    {line}" for line in _checks(recording)),
    )


def _moves(recording: RecordedRun) -> Iterator[str]:
    given = "" if recording.input_data is OMIT else _literal(recording.input_data, column=len("run.start_async(") + 8)
    yield f"run.start_async({given})"
    for answer in recording.answers:
        step = f", step={list(answer.path)!r}" if answer.path else ""
        yield f"run.resume_async({_literal(answer.data, column=len('run.resume_async(') + 8)}{step})"


def _checks(recording: RecordedRun) -> Iterator[str]:
    result = recording.result
    yield _assertion("result.status", result.status)
    if result.ok:
        yield _assertion("result.result", result.result)
    elif result.status == "suspended":
        waiting = sorted(suspension.step for suspension in result.suspensions)
        yield _assertion("sorted(each.step for each in result.suspensions)", waiting)
    elif result.error is not None:
        yield _assertion("result.error.message", result.error.message)
    yield "statuses = {name: step.status for name, step in result.steps.items()}"
    yield _assertion("statuses", {name: step.status for name, step in result.steps.items()})


def _assertion(what: str, value: Any) -> str:
    head = f"assert {what} == "
    return f"{head}{_literal(value, column=len(head) + 4)}"


def _literal(value: Any, *, column: int) -> str:
    """Return a value as Python code that begins in a column."""
    text = pprint.pformat(value, width=max(_WIDTH - column, _NARROWEST), sort_dicts=False)
    return text.replace("\n", f"\n{' ' * column}")

"""The runs that a fake's `runs("city")` gave, for a statement that took others for granted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from mastra_sync.escapes import escaped
from mastra_sync.statuses import status_in_words
from pytest_mastra.fake.api.seen_runs import SeenRuns
from pytest_mastra.text.distinctions import distinctions
from pytest_mastra.text.values import WIDTH, counted, shown
from pytest_mastra.text.width import clipped, wrapped

_MOST = 5
_LONGEST_INPUT = 40


def describe_runs(runs: SeenRuns, scrub: Callable[[Any], Any]) -> list[str]:
    """Return which runs of a workflow there are and how they differ.

    At most 7 lines. If there are none, of which workflows there are some.
    """
    if not runs:
        return wrapped(str(scrub(_describe_others(runs))), WIDTH, 2)
    inputs = [scrub(run.input_data) for run in runs]
    lines = [f"there {'is' if len(runs) == 1 else 'are'} {counted(len(runs), 'run')} of {runs.workflow_id!r}:"]
    for run, apart, given in list(zip(runs, distinctions(inputs), inputs, strict=True))[:_MOST]:
        words = apart or clipped(f"input {shown(given)}", _LONGEST_INPUT)
        lines.append(f"  {words}: {status_in_words(run.status or 'unknown')}, run {run.run_id}")
    lines += [f"  ... and {len(runs) - _MOST} more"] * (len(runs) > _MOST)
    return [clipped(escaped(str(scrub(line))), WIDTH) for line in lines]


def _describe_others(runs: SeenRuns) -> str:
    others = Counter(notes.workflow_id for notes in runs.server.journal.all_runs())
    of_each = ", ".join(f"{count} of {workflow_id!r}" for workflow_id, count in others.items())
    verb = "is" if sum(others.values()) == 1 else "are"
    rest = f"; there {verb} {of_each}" if others else ", nor of any other workflow"
    return f"no run of {runs.workflow_id!r} was started{rest}"

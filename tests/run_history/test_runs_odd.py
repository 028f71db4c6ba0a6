"""Whatever was said, a failed test can be told of."""

from __future__ import annotations

import json

from hypothesis import given, settings

from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report.drawing import MOST_LINES
from pytest_mastra.report.redacted import redact_scene
from pytest_mastra.report.timeline import timeline
from pytest_mastra.report.trace_records import records_of
from pytest_mastra.run_history.runs import touched_runs, user_properties
from pytest_mastra.suite.scene import Scene
from pytest_mastra.text.width import cells
from tests.properties import examples
from tests.run_history.odd_exchanges import scenes


@settings(max_examples=examples(120))
@given(scenes())
def test_nothing_is_too_odd(scene: Scene) -> None:
    """No answer, stream or mixture of them is more than the runs, their lines and their trace can tell of."""
    runs = touched_runs(scene)
    assert len(user_properties(scene)) == len(runs)
    assert all(len(run.events) == len(run.arrivals) for run in runs)
    told = redact_scene(scene, learn_secrets(scene.log))
    for run in told.runs:
        for width in (20, 47, 80):
            lines = timeline(run, width=width, ascii=width == 47)
            assert len(lines) <= MOST_LINES
            assert max(map(cells, lines)) <= width
            assert all(line.isprintable() for line in lines)
            assert width != 47 or all(line.isascii() for line in lines)
    for record in records_of(scene, told, {"call": "failed"}):
        json.dumps(record)

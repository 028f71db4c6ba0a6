"""A failed test on a fake, beside its cassette: what did the server do?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_mastra.cassettes.file.paths import cassette_path
from pytest_mastra.cassettes.file.read_write import CassetteError, read_cassette
from pytest_mastra.regression.differing_steps import compared_runs, notes_of
from pytest_mastra.regression.outcome import comparable_outcomes
from pytest_mastra.report import carried_trace
from pytest_mastra.run_history.runs import TouchedRun, recorded_runs, touched_runs
from pytest_mastra.suite import settings
from pytest_mastra.suite.noted_difference import RECORDED_SERVER
from pytest_mastra.text.differences import differences

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.suite.scene import Scene


def note_recorded_server(item: pytest.Item, scene: Scene) -> None:
    """Note what a failed test's runs on a fake did otherwise than in its cassette.

    Only if there is one, and a trace or a page to show it on. Runs are matched by their input, others in their order.

    Args:
        item: The test.
        scene: What it has to do with Mastra.
    """
    path = cassette_path(item)
    is_wanted = settings.setting(item.config, "trace").value != "off" or carried_trace.are_wanted(item.config)
    if not is_wanted or scene.is_quiet or not path.is_file():
        return
    try:
        kept = recorded_runs(read_cassette(path).exchanges)
    except (CassetteError, OSError):
        # the test that replays it says what is wrong with it
        return
    root = item.config.rootpath
    name = str(path.relative_to(root) if path.is_relative_to(root) else path)
    for run, recorded in _pairs(touched_runs(scene), kept):
        if run.result is not None and recorded.result is not None:
            sides = comparable_outcomes(run.result, recorded.result, recorded.workflow_id)
            scene.note_differences(notes_of(differences(*sides), compared_runs(run.result), RECORDED_SERVER, name))


def _pairs(runs: list[TouchedRun], recorded: list[TouchedRun]) -> Iterator[tuple[TouchedRun, TouchedRun]]:
    """Give each run with a recorded one, of the same input if there is one."""
    unpaired, left = list(runs), list(recorded)
    for is_alike in (True, False):
        for run in list(unpaired):
            of_workflow = (other for other in left if other.workflow_id == run.workflow_id)
            found = next((other for other in of_workflow if not is_alike or other.input_data == run.input_data), None)
            if found is not None:
                unpaired.remove(run)
                left.remove(found)
                yield run, found

"""An exception that a test expects, where the run's failure came as a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastra_sync.documentation import see_error, slug_of
from mastra_sync.models import ERRORS_BY_STATUS
from mastra_sync.statuses import status_in_words
from pytest_mastra.run_history.runs import touched_runs

if TYPE_CHECKING:
    from pytest_mastra.fake.api.problems import Section
    from pytest_mastra.suite.scene import Scene

_SAID = ("DID NOT RAISE", " not raised")
"""What `pytest.raises` and `assertRaises` say where nothing is raised."""


def explain_not_raised(error: BaseException, scene: Scene | None) -> Section | None:
    """Return what raises the exception that a test expects of a run; None without one."""
    said = str(error)
    if scene is None or not any(words in said for words in _SAID):
        return None
    ended = {run.status: run for run in touched_runs(scene)}
    for status, kind in ERRORS_BY_STATUS.items():
        if kind.__name__ in said and status in ended:
            return _explain(kind.__name__, ended[status].workflow_id, status)
    return None


def _explain(name: str, workflow: str, status: str) -> Section:
    lines = [
        f"The run of {workflow!r} {status_in_words(status)}, and that is a result, which execute() and its kin return.",
        f"What raises {name} is result.raise_for_status(), or result.output_as(...). Without an exception:",
        f"    assert result.status == {status!r}",
        see_error(slug_of(name)),
    ]
    return f"mastra: nothing has raised {name}", "\n".join(f"  {line}" for line in lines)

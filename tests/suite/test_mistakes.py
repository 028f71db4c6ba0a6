"""Mistakes that let a test pass which shows nothing: each fails it, at the line that makes the mistake."""

from __future__ import annotations

import pytest

from tests.suites_in_folders import RunSuite

MISTAKES = {
    "faults.on('start', workflow='aproval').reset()": "There is no workflow 'aproval'. Did you mean 'approval'?*",
    "faults.on('strat').reset()": "no verb 'strat': did you mean 'start'?*",
    "assert server.runs('aproval') == []": "There is no workflow 'aproval'. Did you mean 'approval'?*",
    "server.pace = 'polls'": "a pace is *, not 'polls'; did you mean Polls(3)?",
    "server.workflow('w').returns({'x': {1, 2}})": "what workflow 'w' returns is JSON, not a set at $.x: *",
    "server.step('f', 'nofunc')": "what step 'f' does is a function of the context, not 'nofunc'; *",
    "server.workflow('w').branch([1])": "branch of workflow 'w' takes pairs of a condition and a step, not 1: *",
    "server.workflow('w').suspends({'ask': 'ok?'})": "workflow 'w' suspends at a step that is named by a text, *",
}


def test_each_fails_its_test_at_its_line(run_suite: RunSuite) -> None:
    """The failure is the mistake's own, and pytest shows the line that makes it."""
    tests = "\n".join(f"def test_{number}(server, faults):\n    {line}\n" for number, line in enumerate(MISTAKES))
    result = run_suite(f"""
import pytest

@pytest.fixture
def server(mastra_server):
    mastra_server.workflow("approval").returns({{}})
    return mastra_server

@pytest.fixture
def faults(server):
    return server.faults

{tests}
    """)
    result.assert_outcomes(failed=len(MISTAKES))
    for line, said in MISTAKES.items():
        result.stdout.fnmatch_lines([f">       {line}".replace("[", "[[]"), f"E  *Error: {said}".replace("[", "[[]")])


@pytest.mark.parametrize(("name", "outcome"), [("approval", {"passed": 1}), ("aproval", {"passed": 1, "errors": 1})])
def test_a_marker_names_what_is_declared(run_suite: RunSuite, name: str, outcome: dict[str, int]) -> None:
    """On a fake, what a marker says that the test needs is a workflow that the test declares."""
    result = run_suite(f"""
        import pytest

        @pytest.mark.mastra(workflows=["{name}"])
        def test_it(mastra_server):
            mastra_server.workflow("approval").returns({{}})
    """)
    result.assert_outcomes(**outcome)
    if "errors" in outcome:
        result.stdout.fnmatch_lines(
            [
                "mastra: @pytest.mark.mastra(workflows=...) names what the test does not declare",
                "  There is no workflow 'aproval'. Did you mean 'approval'? Declared: 'approval'.",
            ]
        )


@pytest.mark.parametrize("declared", ["", "mastra_server.workflow('other', key='w').returns(1)"])
def test_a_marker_may_name_what_comes_from_elsewhere(run_suite: RunSuite, declared: str) -> None:
    """A test that declares nothing has its workflows from elsewhere; a key is a name too."""
    result = run_suite(f"""
        import pytest

        @pytest.mark.mastra(workflows="w")
        def test_it(mastra_server):
            {declared or "pass"}
    """)
    result.assert_outcomes(passed=1)

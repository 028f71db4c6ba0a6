"""The marker `mastra`: what a test needs, and what is wrong with a marker that says something else."""

from __future__ import annotations

import pytest

from tests.suites_in_folders import RunSuite


def test_it_is_registered(run_suite: RunSuite) -> None:
    """`pytest --markers` shows both with all arguments, and `--strict-markers` lets them pass."""
    result = run_suite("", "--markers")
    result.stdout.fnmatch_lines(
        [
            "@pytest.mark.mastra([*], live_only=False, fake_only=False, replay=True, generation=None, workflows=(), "
            "allow=()): *",
            "@pytest.mark.mastra_cassette([*], path=None, record=None, strict=None, pace=None, every_session=None): *",
        ]
    )
    strict = run_suite(
        """
        import pytest

        @pytest.mark.mastra(fake_only=True)
        def test_it(mastra_server):
            pass
        """,
        "--strict-markers",
    )
    strict.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        (
            "mastra(live=True)",
            "no argument 'live': did you mean 'live_only'? there are live_only, fake_only, replay, generation, "
            "workflows, allow",
        ),
        (
            "mastra(colour=1)",
            "no argument 'colour': there are live_only, fake_only, replay, generation, workflows, allow",
        ),
        (
            "mastra('live_only')",
            "takes arguments by name only, not 'live_only'; there are live_only, fake_only, replay, generation, "
            "workflows, allow",
        ),
        ("mastra(generation='1.3')", "no generation '1.3': did you mean '1.2'? there are current, 1.2, 1.0-beta"),
        ("mastra(generation=1.2)", "generation=1.2 is neither a text nor a list of texts"),
        (
            "mastra(allow='stray')",
            "no allow 'stray': did you mean 'strays'? there are strays, step_errors, unused_faults, unused_names",
        ),
        ("mastra(generation='')", "generation='' has an empty text in it"),
        ("mastra(generation=[])", "generation=[] names none"),
        ("mastra(allow='')", "allow='' has an empty text in it"),
        ("mastra(live_only='yes')", "live_only='yes' is neither True nor False"),
        ("mastra(workflows=[1])", "workflows=[1] is neither a text nor a list of texts"),
        (
            "mastra_swep",
            "there is no such marker: did you mean 'mastra_sweep'? there are mastra, mastra_cassette, mastra_sweep; "
            "one of your own is registered in the ini file, under `markers`",
        ),
        (
            "mastra_cassette(recrod='none')",
            "no argument 'recrod': did you mean 'record'? there are path, record, strict, pace, every_session",
        ),
        (
            "mastra_cassette(record='ones')",
            "no record 'ones': did you mean 'once'? there are none, once, new_episodes, rewrite, verify",
        ),
        ("mastra_cassette(record=[])", "no record []: there are none, once, new_episodes, rewrite, verify"),
        ("mastra_cassette(pace='')", "no pace '': there are at_once, recorded, real"),
    ],
)
def test_what_is_wrong_is_a_usage_error(run_suite: RunSuite, marker: str, said: str) -> None:
    """The run ends before any test, with the test's name, what is wrong and what there is."""
    test = f"""
        import pytest

        @pytest.mark.{marker}
        def test_it():
            pass
    """
    result = run_suite(test, "-W", "ignore::pytest.PytestUnknownMarkWarning")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    name = marker.partition("(")[0]
    assert [line for line in result.errlines if line] == [
        f"ERROR: test_suite.py::test_it: @pytest.mark.{name}: {said}",
        "  See https://mastra-sync.readthedocs.io/errors/#usage-errors",
    ]


@pytest.mark.parametrize(
    ("marker", "nothing"),
    [
        ("mastra", "live_only=None, fake_only=None, replay=None, generation=None, workflows=None, allow=None"),
        ("mastra_sweep", "faults=None, rerun=None, pairs=None, limit=None, accept=None"),
    ],
)
def test_none_says_nothing(run_suite: RunSuite, marker: str, nothing: str) -> None:
    """An argument that is None is as if it were not there, as one that a helper computes may be."""
    said = [
        run_suite(f"""
            import pytest

            @pytest.mark.{marker}({arguments})
            def test_it(mastra_server, mastra_client):
                mastra_server.workflow("w").returns(1)
                mastra_client.get_workflow("w").execute({{}})
        """)
        for arguments in ("", nothing)
    ]
    assert said[0].ret == said[1].ret
    swept = [[line for line in one.outlines if line.startswith("mastra sweep of ")] for one in said]
    assert swept[0] == swept[1]
    assert bool(swept[0]) == (marker == "mastra_sweep")


def test_a_marker_of_ones_own(run_suite: RunSuite) -> None:
    """What the suite has registered is its own affair, and is none of ours."""
    result = run_suite(
        """
        import pytest

        @pytest.mark.mastra_slow(1)
        def test_it(request):
            assert "mastra_target" not in request.fixturenames
        """,
        "-o",
        "markers=mastra_slow(minutes): takes long",
    )
    result.assert_outcomes(passed=1)


def test_a_class_and_a_module_may_be_marked(run_suite: RunSuite) -> None:
    """Of each argument, what stands closest to the test counts."""
    result = run_suite("""
        import pytest

        pytestmark = pytest.mark.mastra(generation="1.2", fake_only=True)

        @pytest.mark.mastra(generation="1.0-beta")
        class TestOld:
            def test_it(self, mastra_server):
                assert mastra_server.generation.name == "1.0-beta"

            @pytest.mark.mastra(live_only=True)
            def test_skipped(self):
                pass

        def test_it(mastra_server):
            assert mastra_server.generation.name == "1.2"
    """)
    result.assert_outcomes(passed=2, skipped=1)


@pytest.mark.parametrize(
    ("target", "skipped"),
    [
        ("fake", {"test_live": "needs a live server: --mastra-target=live --mastra-url=URL"}),
        (
            "live",
            {"test_fake": "needs a fake server: not with --mastra-target=live"},
        ),
        (
            "replay",
            {
                "test_live": "needs a live server: --mastra-target=live --mastra-url=URL",
                "test_fake": "needs a fake server: not with --mastra-target=replay",
                "test_unreplayable": "cannot be replayed: mastra(replay=False)",
            },
        ),
    ],
)
def test_tests_that_cannot_run_are_skipped_with_the_reason(
    run_suite: RunSuite, target: str, skipped: dict[str, str]
) -> None:
    """Before any fixture of theirs is made, also those of a wider scope; they need not use a fixture of ours."""
    result = run_suite(
        f"""
        import pytest

        SKIPPED = {sorted(skipped)!r}

        @pytest.fixture(scope="module", params=["x"])
        def expensive(request):
            return request.param

        @pytest.fixture
        def mastra_target():
            return None  # what the others would run against is not what this is about

        @pytest.fixture(autouse=True)
        def only_those_that_can(request):
            assert request.node.originalname not in SKIPPED

        @pytest.mark.mastra(live_only=True)
        def test_live(expensive): pass

        @pytest.mark.mastra(fake_only=True)
        def test_fake(expensive): pass

        @pytest.mark.mastra(replay=False)
        def test_unreplayable(expensive): pass

        def test_any(expensive): pass
        """,
        f"--mastra-target={target}",
        "-rs",
    )
    result.assert_outcomes(passed=4 - len(skipped), skipped=len(skipped))
    for reason in skipped.values():
        result.stdout.fnmatch_lines([f"SKIPPED [[]1[]] test_suite.py:*: {reason.replace('[', '[[]')}"])


def test_a_marked_test_has_surroundings(run_suite: RunSuite) -> None:
    """A test that is marked runs against the target though it asks for no fixture, and so do its own fixtures."""
    result = run_suite("""
        import os

        import pytest

        @pytest.fixture(scope="module")
        def wide():
            return os.environ.get("MASTRA_BASE_URL")

        @pytest.fixture
        def own(wide):
            return os.environ["MASTRA_BASE_URL"]

        @pytest.mark.mastra(generation="1.2")
        def test_marked(own, wide):
            assert own == "http://mastra.test"
            assert wide is None

        @pytest.mark.mastra(generation="1.2")
        @pytest.mark.parametrize("number", [1, 2])
        def test_each(own, number):
            assert own == "http://mastra.test"

        @pytest.mark.mastra(generation="1.2")
        class TestMarked:
            def test_it(self):
                assert os.environ["MASTRA_BASE_URL"] == "http://mastra.test"

        def test_unmarked():
            assert "MASTRA_BASE_URL" not in os.environ
    """)
    result.assert_outcomes(passed=5)


def test_what_is_no_function_may_be_marked_too(run_suite: RunSuite) -> None:
    """A `unittest` case has surroundings like any test; an item without fixtures is left alone."""
    result = run_suite(
        """
        import os
        import unittest

        import pytest

        @pytest.mark.mastra(generation="1.2")
        class TestCase(unittest.TestCase):
            def test_it(self):
                self.assertEqual(os.environ["MASTRA_BASE_URL"], "http://mastra.test")
        """,
        conftest="""
        import pytest

        class Plain(pytest.Item):
            def runtest(self):
                pass

        def pytest_collect_file(file_path, parent):
            return Made.from_parent(parent, path=file_path) if file_path.suffix == ".plain" else None

        class Made(pytest.File):
            def collect(self):
                item = Plain.from_parent(self, name="plain")
                item.add_marker(pytest.mark.mastra(generation="1.2"))
                yield item
        """,
    )
    result.assert_outcomes(passed=1)

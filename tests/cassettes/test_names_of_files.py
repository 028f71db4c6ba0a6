"""Which file a test's cassette is: one that every file system takes, and no other test's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mastra.cassettes.file.paths import safe_name
from tests.cassettes.counting_server import Live
from tests.suites_in_folders import RunSuite

LONG = f"""
    import pytest

    @pytest.mark.mastra_cassette
    def test_{"長い名前" * 25}(mastra_client):
        assert mastra_client.get_workflow("report").execute({{}}).ok
"""

BY_CASE = """
    import pytest

    @pytest.mark.mastra_cassette
    @pytest.mark.parametrize("unit", ["K", "k"])
    def test_unit(mastra_client, unit):
        assert mastra_client.get_workflow("report").execute({"unit": unit}).ok
"""

SHARED = """
    import pytest

    @pytest.mark.mastra_cassette(path="{first}")
    def test_first(mastra_client):
        assert mastra_client.get_workflow("report").execute({{"city": "Oslo"}}).ok

    @pytest.mark.mastra_cassette(path="{second}")
    def test_second(mastra_client):
        assert mastra_client.get_workflow("report").execute({{"city": "Rome"}}).ok
"""

OWN_PATH = """
    import pytest

    @pytest.mark.mastra_cassette(path={path!r})
    def test_it(mastra_client):
        assert mastra_client.get_workflow("report").execute({{}}).ok
"""


@pytest.mark.parametrize("code", [LONG, OWN_PATH.format(path="ö" * 125 + ".yaml")], ids=["by itself", "path="])
def test_a_long_name_in_a_script_of_several_bytes_a_letter(run_suite: RunSuite, live: Live, code: str) -> None:
    """It is recorded and replayed: file systems count bytes, and of a name that is being written no more than of it."""
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    run_suite(code, "--mastra-record=none").assert_outcomes(passed=1)


def test_names_that_differ_by_case_only(run_suite: RunSuite, live: Live, alone: pytest.Pytester) -> None:
    """Their files differ in more, for there are systems whose file names have no case."""
    run_suite(BY_CASE, f"--mastra-url={live.url}").assert_outcomes(passed=2)
    names = {path.name.casefold() for path in alone.path.glob("cassettes/**/*.yaml")}
    assert len(names) == 2
    run_suite(BY_CASE, "--mastra-record=none").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("test_it[K]", "test_it[k]"),
        ("test_it[straße]", "test_it[strasse]"),
        ("test_it[\u00e9]", "test_it[e\u0301]"),
        ("test_it[" + "é" * 150 + "a]", "test_it[" + "é" * 150 + "b]"),
        ("test_it[\ud800]", "test_it[\ud801]"),
    ],
)
def test_names_that_some_systems_take_for_one(one: str, other: str) -> None:
    """Case, the spelling of accents, and what is beyond the longest name make no two tests share a file."""
    assert safe_name(one).casefold() != safe_name(other).casefold()
    assert max(len(safe_name(name).encode()) for name in (one, other)) < 220


@pytest.mark.parametrize("name", ["test_it", "TestIt.test_it", "test_it[oslo-3]", "test_städte", "test_it[é]"])
def test_usual_names_stay(name: str) -> None:
    """The file is called like the test."""
    assert safe_name(name) == name


@pytest.mark.parametrize("mode", ["once", "new_episodes", "rewrite"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("shared.yaml", "shared.yaml"),
        ("shared.yaml", "folder/../shared.yaml"),
        ("shared.yaml", "Shared.yaml"),
    ],
)
def test_two_tests_that_would_be_recorded_into_one_file(
    run_suite: RunSuite, live: Live, alone: pytest.Pytester, first: str, second: str, mode: str
) -> None:
    """Neither is recorded, and each says with whom it would share."""
    result = run_suite(SHARED.format(first=first, second=second), f"--mastra-record={mode}", f"--mastra-url={live.url}")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "test_suite.py::test_first would be recorded into cassettes/shared.yaml, and so would "
            "test_suite.py::test_second: each would replace what the other was told.",
            "Give each a file of its own: *",
        ]
    )
    assert not list(alone.path.rglob("*.y*ml"))


def test_one_file_for_two_workers(run_process: RunSuite, live: Live) -> None:
    """Under pytest-xdist the two are told as well, whichever workers they run in."""
    code = SHARED.format(first="shared.yaml", second="shared.yaml")
    result = run_process(code, "-p", "xdist", "-n", "2", f"--mastra-url={live.url}")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*::test_second would be recorded into * and so would *::test_first: *"])


def test_one_of_two_is_recorded_alone_and_both_are_replayed(run_suite: RunSuite, live: Live) -> None:
    """What nobody else is recorded into is written; reading one file does no harm."""
    code = SHARED.format(first="shared.yaml", second="shared.yaml").replace("Rome", "Oslo")
    run_suite(code, "-k", "test_first", f"--mastra-url={live.url}").assert_outcomes(passed=1, deselected=1)
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=2)


def test_a_file_of_ones_own_that_is_another_tests_by_its_name(run_suite: RunSuite, live: Live) -> None:
    """A path may also be the one that another test has by itself."""
    code = SHARED.format(first="test_suite/test_second.yaml", second="x").replace('(path="x")', "")
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(errors=2)


@pytest.mark.parametrize("path", ["../it.yaml", "a/../../it.yaml", "/tmp/it.yaml", "linked/it.yaml", "linked.yaml"])
def test_a_path_that_leads_out_of_the_folder(
    run_suite: RunSuite, live: Live, alone: pytest.Pytester, path: str
) -> None:
    """It ends the run before any test, unless the ini file says that it is meant."""
    (alone.path / "cassettes").mkdir()
    (alone.path / "elsewhere").mkdir()
    (alone.path / "cassettes/linked").symlink_to(alone.path / "elsewhere")
    (alone.path / "cassettes/linked.yaml").symlink_to(alone.path / "elsewhere/it.yaml")
    result = run_suite(OWN_PATH.format(path=path), f"--mastra-url={live.url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = "\n".join(result.errlines)
    assert f"test_it: @pytest.mark.mastra_cassette: path={path!r} leads out of {alone.path / 'cassettes'}, " in said
    assert "mastra_cassette_outside = true" in said
    assert not live.asked


def test_a_path_outside_that_is_meant(run_suite: RunSuite, live: Live, alone: pytest.Pytester) -> None:
    """With the ini key it is recorded there."""
    alone.makeini("[pytest]\nmastra_cassette_outside = true\n")
    run_suite(OWN_PATH.format(path="../beside/it.yaml"), f"--mastra-url={live.url}").assert_outcomes(passed=1)
    assert (alone.path / "beside/it.yaml").is_file()


def test_a_whole_path_into_the_folder(run_suite: RunSuite, live: Live, alone: pytest.Pytester) -> None:
    """What counts is where it leads, not how it is written; the folder itself may be a link."""
    (alone.path / "elsewhere").mkdir()
    (alone.path / "cassettes").symlink_to(alone.path / "elsewhere")
    path = str(alone.path / "cassettes/it.yaml")
    run_suite(OWN_PATH.format(path=path), f"--mastra-url={live.url}").assert_outcomes(passed=1)
    assert Path(alone.path / "elsewhere/it.yaml").is_file()


@pytest.mark.parametrize("path", ["a\0b.yaml", "x" * 260 + ".yaml"])
def test_a_path_that_is_none(run_suite: RunSuite, path: str) -> None:
    """What no file system takes is refused before any test."""
    result = run_suite(OWN_PATH.format(path=path))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "is none: names have at most 255 bytes" in "\n".join(result.errlines)

"""docs/regression.md: its tests pass, and what it shows is what comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_mastra import FakeMastra, OnSocket
from tests.suites_in_folders import RunSuite

PAGE = Path(__file__).parents[2] / "docs" / "regression.md"
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The page's blocks of a language."""
    return [
        match["code"] for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8")) if match["language"] == language
    ]


WEATHER, APPROVAL, FILE = blocks("python")
(STORED,) = blocks("json")
DIFFERS, RERUN, VERDICT = blocks("text")


def test_every_block_is_looked_at() -> None:
    """No block is of a language that no test here looks at."""
    found = [match["language"] for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]
    assert sorted(found) == ["json", "python", "python", "python", "sh", "text", "text", "text"]


def test_the_snapshot(run_process: RunSuite, pytester: pytest.Pytester) -> None:
    """The first test stores the file that is shown, passes with it, and fails as is shown with another report."""
    plugins = ("-p", "syrupy", "-p", "no:cacheprovider")
    run_process(WEATHER, "--snapshot-update", *plugins).assert_outcomes(passed=1)
    kept = pytester.path / "__snapshots__" / "test_suite" / "test_weather.jsonc"
    assert kept.read_text(encoding="utf-8") == STORED
    run_process(WEATHER, *plugins).assert_outcomes(passed=1)
    result = run_process(WEATHER.replace("} degrees", "} degrees Celsius"), *plugins)
    result.assert_outcomes(failed=1)
    shown = [line.rstrip() for line in DIFFERS.splitlines()]
    found = [line.rstrip().replace("AssertionError: ", "") for line in result.stdout.lines if line.startswith("E")]
    assert found[: len(shown)] == shown


@pytest.mark.parametrize("code", [APPROVAL, FILE])
def test_the_re_runs(run_suite: RunSuite, code: str) -> None:
    """The other tests pass."""
    run_suite(code).assert_outcomes(passed=1)


def test_what_a_re_run_tells(run_suite: RunSuite) -> None:
    """The section that is shown is in the report of that test, if it fails."""
    result = run_suite(FILE.replace("assert not rerun", "assert rerun"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(RERUN.splitlines(), consecutive=True)


def test_the_verdict(run_suite: RunSuite) -> None:
    """What is shown of `--mastra-verify` is what it tells of such a suite."""
    real = FakeMastra()
    text = {"type": "object", "properties": {"text": {"type": "string"}}}
    lookup, report = real.step("lookup", lambda _: None), real.step("report", lambda _: None, output_schema=text)
    real.workflow("weather").then(lookup).sleep(60).then(report).commit()
    suite = """
        def declare(server, name="weather", text="mild"):
            lookup = server.step("lokup", lambda ctx: {})
            server.workflow(name).then(lookup).then(server.step("report", lambda ctx: {"text": text})).commit()

        def test_city(mastra_server):
            declare(mastra_server)

        def test_report(mastra_server):
            declare(mastra_server)

        def test_numbers(mastra_server, mastra_client):
            declare(mastra_server, text=5)
            mastra_client.get_workflow("weather").execute({})

        def test_typo(mastra_server):
            declare(mastra_server, "wether")
    """
    with OnSocket(real) as front:
        result = run_suite(suite, "--mastra-verify", f"--mastra-url={front.url}")
        url = front.url
    told = (
        "\n".join(result.stdout.lines)
        .replace(url, "https://staging.example.com")
        .replace("test_suite.py", "test_weather.py")
    )
    assert VERDICT in told

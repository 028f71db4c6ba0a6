"""`mastra_snapshot`: a run's outcome against the one that syrupy keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.suites_in_folders import PLUGIN, run_with_syrupy

CONFTEST = """
import os

import pytest


@pytest.fixture
def weather(mastra_server, mastra_client):
    temperature = int(os.environ.get("TEMPERATURE", "21"))

    def report(ctx):
        return {"text": f"{ctx.input_data['temperature']} degrees, says run {ctx.run_id}"}

    lookup = mastra_server.step("lookup", lambda ctx: {"city": ctx.input_data["city"], "temperature": temperature})
    flow = mastra_server.workflow("weather").then(lookup).sleep(5).map(lambda ctx: ctx.input_data)
    flow.then(mastra_server.step("report", report)).commit()
    return mastra_client.get_workflow("weather")
"""

ONE_RUN = """
def test_weather(weather, mastra_snapshot):
    assert weather.execute({"city": "Paris"}) == mastra_snapshot
"""

STORED = """\
{
  "workflow": "weather",
  "status": "success",
  "input": {
    "city": "Paris"
  },
  "path": [
    "lookup",
    "sleep 1",
    "mapping 1",
    "report"
  ],
  "steps": {
    "lookup": {
      "status": "success",
      "output": {
        "city": "Paris",
        "temperature": 21
      }
    },
    "sleep 1": {
      "status": "success",
      "output": {
        "city": "Paris",
        "temperature": 21
      }
    },
    "mapping 1": {
      "status": "success",
      "output": {
        "city": "Paris",
        "temperature": 21
      }
    },
    "report": {
      "status": "success",
      "output": {
        "text": "21 degrees, says run <run>"
      }
    }
  },
  "result": {
    "text": "21 degrees, says run <run>"
  }
}
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(alone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs pytest with our plugin and syrupy on a module."""
    alone.makeconftest(CONFTEST)
    monkeypatch.setenv("COLUMNS", "120")

    def run(code: str | None, *arguments: str) -> pytest.RunResult:
        if code is not None:
            alone.makepyfile(test_city=code)
        return run_with_syrupy(alone, *arguments)

    return run


@pytest.fixture
def stored(pytester: pytest.Pytester) -> Callable[[], dict[str, Any]]:
    """A function that returns the stored snapshots, by file."""

    def read() -> dict[str, Any]:
        folder = pytester.path / "__snapshots__"
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): json.loads(path.read_text(encoding="utf-8")) for path in files}

    return read


def explained(result: pytest.RunResult) -> list[str]:
    """What pytest and syrupy say of a failed assertion; what our plugin says of the run besides stands below it."""
    lines = [
        line.removeprefix("E").strip().removeprefix("AssertionError: ")
        for line in result.stdout.lines
        if line.startswith("E ")
    ]
    return lines[: next((index for index, line in enumerate(lines) if line.startswith("the run of ")), None)]


def test_a_new_run_is_stored_when_asked_to(run: Run, pytester: pytest.Pytester) -> None:
    """A run that was never stored fails with what to do; `--snapshot-update` stores it; then it passes."""
    result = run(ONE_RUN)
    result.assert_outcomes(failed=1)
    assert explained(result) == [
        "assert [+ received] == [- snapshot]",
        "Snapshot 'test_weather' does not exist!",
        "To store what this run did: pytest --snapshot-update",
    ]
    run(None, "--snapshot-update").assert_outcomes(passed=1)
    kept = pytester.path / "__snapshots__" / "test_city" / "test_weather.jsonc"
    assert kept.read_text(encoding="utf-8") == STORED
    run(None).assert_outcomes(passed=1)


def test_a_difference_is_told_by_its_path(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What changed stands there as JSON paths, at most five, and nothing else of the two texts."""
    run(ONE_RUN, "--snapshot-update")
    monkeypatch.setenv("TEMPERATURE", "22")
    result = run(None, "-vv")
    result.assert_outcomes(failed=1)
    assert explained(result) == [
        "assert [+ received] == [- snapshot]",
        "$.steps.lookup.output.temperature: expected 21, actual 22",
        '$.steps["sleep 1"].output.temperature: expected 21, actual 22',
        '$.steps["mapping 1"].output.temperature: expected 21, actual 22',
        "$.steps.report.output.text:",
        "expected '21 degrees, says run <run>'",
        "actual   '22 degrees, says run <run>'",
        "$.result.text:",
        "expected '21 degrees, says run <run>'",
        "actual   '22 degrees, says run <run>'",
        "If this is how it should be: pytest --snapshot-update",
    ]


@pytest.mark.parametrize("verb", ["execute", "start_async", "stream"])
def test_each_generation_gives_the_same(run: Run, verb: str) -> None:
    """What a current server's run is stored as, older ones' runs compare to, waited for, held or streamed."""
    runs = {
        "execute": "weather.execute({'city': 'Paris'})",
        "start_async": "weather.create_run().start_async({'city': 'Paris'})",
        "stream": "weather.create_run().stream({'city': 'Paris'})",
    }
    code = f"def test_weather(weather, mastra_snapshot):\n    assert {runs[verb]} == mastra_snapshot\n"
    run(code, "--snapshot-update").assert_outcomes(passed=1)
    for generation in ("1.2", "1.0-beta"):
        run(None, f"--mastra-generation={generation}").assert_outcomes(passed=1)


def test_events_are_stored(run: Run, stored: Callable[[], dict[str, Any]]) -> None:
    """A stream is stored with what its run did; a list of its events alone; both compare again."""
    code = """
def test_stream(weather, mastra_snapshot):
    assert weather.create_run().stream({"city": "Paris"}) == mastra_snapshot

def test_events(weather, mastra_snapshot):
    assert list(weather.create_run().stream({"city": "Paris"})) == mastra_snapshot
"""
    run(code, "--snapshot-update").assert_outcomes(passed=2)
    kept = stored()
    whole, events = kept["test_city/test_stream.jsonc"], kept["test_city/test_events.jsonc"]
    assert whole.pop("events") == events
    assert whole == json.loads(STORED)
    assert events[:3] == [
        {"event": "workflow-start"},
        {"event": "workflow-step-start", "step": "lookup", "status": "running", "input": {"city": "Paris"}},
        {
            "event": "workflow-step-result",
            "step": "lookup",
            "status": "success",
            "output": {"city": "Paris", "temperature": 21},
        },
    ]
    assert events[-1] == {"event": "workflow-finish", "status": "success"}
    run(None).assert_outcomes(passed=2)


def test_several_in_one_test(run: Run, stored: Callable[[], dict[str, Any]]) -> None:
    """Names, numbers and a list of runs are syrupy's own way; its own fixture does not come in the way."""
    code = """
from syrupy.extensions.json import JSONSnapshotExtension

def test_weather(weather, mastra_snapshot, snapshot):
    paris = weather.execute({"city": "Paris"})
    assert paris == mastra_snapshot
    assert weather.execute({"city": "Rome"}) == mastra_snapshot(name="rome")
    assert [paris, weather.execute({"city": "Oslo"})] == mastra_snapshot
    assert {"plain": 1} == snapshot.use_extension(JSONSnapshotExtension)
"""
    run(code, "--snapshot-update").assert_outcomes(passed=1)
    kept = stored()
    assert {name: [one["input"]["city"] for one in (told if isinstance(told, list) else [told])]
            for name, told in kept.items() if name.endswith("c")} == {
        "test_city/test_weather.jsonc": ["Paris"],
        "test_city/test_weather[rome].jsonc": ["Rome"],
        "test_city/test_weather.2.jsonc": ["Paris", "Oslo"],
    }  # fmt: skip
    assert kept["test_city/test_weather.json"] == {"plain": 1}
    run(None).assert_outcomes(passed=1)


def test_what_the_test_leaves_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What syrupy's `exclude` leaves out of the stored form may change."""
    code = """
from syrupy.filters import props

def test_weather(weather, mastra_snapshot):
    assert weather.execute({"city": "Paris"}) == mastra_snapshot(exclude=props("temperature", "text"))
"""
    run(code, "--snapshot-update").assert_outcomes(passed=1)
    monkeypatch.setenv("TEMPERATURE", "22")
    run(None).assert_outcomes(passed=1)


def test_secrets_are_not_stored(run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands under a sensitive name, or was sent as a token, is masked wherever it comes back."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "tok-abcdef-123")
    code = """
def test_login(mastra_server, mastra_client, mastra_snapshot):
    mastra_server.workflow("login").returns(lambda ctx: {"seen": "tok-abcdef-123", "again": ctx.input_data["password"]})
    assert mastra_client.get_workflow("login").execute({"password": "hunter2-hunter2"}) == mastra_snapshot
"""
    run(code, "--snapshot-update").assert_outcomes(passed=1)
    text = (pytester.path / "__snapshots__" / "test_city" / "test_login.jsonc").read_text(encoding="utf-8")
    assert "tok-abcdef" not in text
    assert "hunter2" not in text
    assert '"password": "***"' in text
    run(None).assert_outcomes(passed=1)


def test_what_is_no_run_is_refused(run: Run) -> None:
    """Other values, and a stream that was read from, are refused with what to do."""
    result = run("""
def test_value(mastra_snapshot):
    assert {"a": 1} == mastra_snapshot

def test_read(weather, mastra_snapshot):
    stream = weather.create_run().stream({"city": "Paris"})
    next(stream)
    assert stream == mastra_snapshot
""")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "E *TypeError: mastra_snapshot stores runs: a RunResult, a RunStream, a list of StreamEvent or of "
            "RunResult, not dict; for other values there is syrupy's own fixture `snapshot`",
            "E *ValueError: <RunStream of run *: 1 events, open> has been read from; keep what it gives, "
            "events = list(stream), and compare that list",
        ]
    )


def test_a_broken_file_is_told(run: Run, pytester: pytest.Pytester) -> None:
    """A stored form that is not JSON is not a mere difference; one that is laid out otherwise is none at all."""
    run(ONE_RUN, "--snapshot-update")
    kept = pytester.path / "__snapshots__" / "test_city" / "test_weather.jsonc"
    kept.write_text(json.dumps(json.loads(STORED)), encoding="utf-8")
    run(None).assert_outcomes(passed=1)
    kept.write_text("<<<<<<< HEAD\n", encoding="utf-8")
    result = run(None)
    result.assert_outcomes(failed=1)
    assert explained(result)[1:] == [
        "What is stored is not JSON: Expecting value: line 1 column 1 (char 0).",
        "Take the file back from version control, or pytest --snapshot-update",
    ]


def test_an_unused_snapshot_is_found(run: Run) -> None:
    """A stored run whose test is gone is told, as syrupy has it."""
    run(ONE_RUN + ONE_RUN.replace("test_weather", "test_gone"), "--snapshot-update")
    result = run(ONE_RUN)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 snapshot passed. 1 snapshot unused."])


def test_it_works_in_workers_and_strictly(alone: pytest.Pytester, stored: Callable[[], dict[str, Any]]) -> None:
    """pytest-xdist's workers store and compare; no warning, no unknown marker, no rewritten assert is needed."""
    code = "\n".join(ONE_RUN.replace("test_weather", f"test_{name}") for name in ("a", "b", "c", "d"))
    alone.makeconftest(CONFTEST)
    alone.makepyfile(test_city=code)
    plugins = ("-p", PLUGIN, "-p", "syrupy", "-p", "no:cacheprovider", "-p", "xdist", "-n", "2")
    strict = ("-W", "error", "--strict-markers", "--assert=plain")
    alone.runpytest_subprocess(*plugins, *strict, "--snapshot-update", timeout=120).assert_outcomes(passed=4)
    assert list(stored()) == [f"test_city/test_{name}.jsonc" for name in ("a", "b", "c", "d")]
    alone.runpytest_subprocess(*plugins, *strict, timeout=120).assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("conftest", "message"),
    [
        (
            "import sys\nsys.modules['syrupy'] = None",
            "mastra_snapshot needs syrupy, which is not installed: pip install 'mastra-sync[snapshots]'",
        ),
        ("", "mastra_snapshot needs syrupy, which is switched off here: leave out -p no:syrupy"),
    ],
)
def test_without_syrupy(alone: pytest.Pytester, conftest: str, message: str) -> None:
    """Where syrupy is not installed, or switched off, the fixture says so and what to do."""
    alone.makeconftest(conftest)
    alone.makepyfile("def test_it(mastra_snapshot): pass")
    result = alone.runpytest_subprocess("-p", PLUGIN, timeout=120)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{glob_free(message)}"])


def test_another_fixture_called_snapshot(run: Run, pytester: pytest.Pytester) -> None:
    """Where a conftest has a fixture `snapshot` of its own, ours says that it cannot build on it."""
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef snapshot():\n    return object()\n")
    result = run("def test_it(mastra_snapshot): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*mastra_snapshot builds on syrupy's fixture `snapshot`, but here that is a builtins.object: "
            "another plugin or a conftest replaces it"
        ]
    )


def glob_free(text: str) -> str:
    return text.replace("[", "[[]")

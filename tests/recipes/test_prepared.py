"""Pages whose suites need something before they pass: a stored snapshot, a recording, a server."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from pytest_mastra import FakeMastra, OnSocket
from tests.recipes.pages import FIRST, PREPARED, missing_parts, read_page, run_page

SNAPSHOTS, VCRPY, CI = (read_page(path) for path in PREPARED)


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pages show is as wide as theirs."""
    monkeypatch.setenv("COLUMNS", "80")


def city_server(say: Any = lambda city: f"{city}: {len(city)}") -> FakeMastra:
    """Return what stands in for the real server of these pages."""
    server = FakeMastra()
    lookup = server.step("lookup", lambda ctx: {"city": ctx.input_data["city"]})
    report = server.step("report", lambda ctx: {"text": say(ctx.input_data["city"])})
    server.workflow("city-workflow").then(lookup).then(report).commit()
    return server


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a server that has the workflow of these pages."""
    with OnSocket(city_server()) as front:
        yield front.url


def test_snapshots(alone: pytest.Pytester) -> None:
    """The option stores what the page shows, the suite passes with it, and without it fails as it says."""
    stored = run_page(alone, SNAPSHOTS, *FIRST["snapshots"], traps=False)
    assert stored.count("passed") == len(stored.tests) == 2, stored.printed
    (shown,) = re.findall(r"^```json\n(.*?)^```$", SNAPSHOTS.text, re.MULTILINE | re.DOTALL)
    file = alone.path / "__snapshots__" / "test_outcome" / "test_a_payment.jsonc"
    assert file.read_text(encoding="utf-8") == shown
    compared = run_page(alone, SNAPSHOTS)
    assert (compared.count("passed"), compared.count("failed")) == (2, 1), compared.printed
    assert not missing_parts(SNAPSHOTS.shown, compared.printed), compared.printed


def test_vcrpy(alone: pytest.Pytester, url: str) -> None:
    """The first command of the page records, the second replays, and the trap says what the page shows."""
    recorded = run_page(alone, VCRPY, f"--mastra-url={url}", traps=False)
    assert recorded.count("passed") == len(recorded.tests) == 1, recorded.printed
    assert (alone.path / "cassettes" / "test_weather" / "test_weather.yaml").is_file()
    replayed = run_page(alone, VCRPY)
    assert (replayed.count("passed"), replayed.count("failed")) == (1, 1), replayed.printed
    assert not missing_parts(VCRPY.shown, replayed.printed), replayed.printed


def commands(job: dict[str, Any]) -> list[list[str]]:
    """Return the arguments of each pytest that a job of the workflow file runs."""
    lines = [shlex.split(step["run"]) for step in job["steps"] if "run" in step]
    return [arguments for program, *arguments in lines if program == "pytest"]


def test_ci(alone: pytest.Pytester, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the workflow file does what its job is for, and drift is told as the page shows."""
    jobs = yaml.safe_load(CI.files[".github/workflows/tests.yml"])["jobs"]
    run_page(alone, CI, "--mastra-target=live", f"--mastra-url={url}", "--mastra-record=rewrite")
    monkeypatch.setenv("CI", "true")
    for arguments in commands(jobs["offline"]):
        done = run_page(alone, CI, *arguments)
        assert done.status == 0, (arguments, done.printed)
    monkeypatch.setenv("MASTRA_BASE_URL", url)
    for arguments in commands(jobs["nightly"]):
        done = run_page(alone, CI, *arguments)
        assert done.status == 0, (arguments, done.printed)
    with OnSocket(city_server(lambda city: f"{city} has {len(city)} letters")) as changed:
        monkeypatch.setenv("MASTRA_BASE_URL", changed.url)
        drifted = run_page(alone, CI, *commands(jobs["nightly"])[0])
    assert (drifted.status, drifted.count("failed")) == (1, 0)
    assert not missing_parts(CI.shown, drifted.printed), drifted.printed


def test_the_workflow_file_is_careful() -> None:
    """It has least rights, secrets at night only, traces that are hidden files, and an end of its own for each job."""
    file = yaml.safe_load(CI.files[".github/workflows/tests.yml"])
    assert file["permissions"] == {"contents": "read"}
    assert "secrets." not in str(file["jobs"]["offline"])
    assert "schedule" in file["jobs"]["nightly"]["if"]
    assert all("timeout-minutes" in job for job in file["jobs"].values())
    (upload,) = (step for step in file["jobs"]["offline"]["steps"] if "upload-artifact" in step.get("uses", ""))
    assert upload["with"]["include-hidden-files"] is True

"""What is said of recordings shows no secret: drift, requests that were not recorded, what nobody asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cassettes.counting_server import Live
from tests.suites_in_folders import RunSuite

LIVE = ("--mastra-target=live", "-rA", "--junit-xml=report.xml")

SUITE = """
    import json, pathlib, pytest, requests
    from mastra_sync import MastraClient, MastraError

    SENT = json.loads(pathlib.Path("sent.json").read_text(encoding="utf-8"))

    @pytest.fixture(scope="session")
    def mastra_config(mastra_config):
        from dataclasses import replace
        return replace(mastra_config, headers={"X-Api-Key": SENT["key"]}, token=SENT["token"])

    def test_report(mastra_cassette, mastra_client, mastra_target):
        session = requests.Session()
        session.headers.update({"X-Api-Key": SENT["key"], "Authorization": "Bearer " + SENT["token"]})
        session.cookies.set("sid", SENT["cookie"])
        client = mastra_client
        workflow = client.get_workflow("report")
        context = {"accessToken": SENT["context"], "plan": "premium"}
        client.list_workflows(request_context=context)
        run = workflow.create_run()
        result = run.start_async({"city": "NY", "password": SENT["password"], **SENT["more"]}, request_context=context)
        session.get(mastra_target.base_url + "/api/workflows/report", timeout=5)
        assert result.status
"""


def secrets(number: int) -> dict[str, str]:
    """Return what a test sends, another each time."""
    return {name: f"{name}-{number}-s3cret-{'x' * 90}" for name in ("key", "token", "cookie", "context", "password")}


def say(folder: Path, number: int, **more: str) -> list[str]:
    """Have the suite send secrets, and return them."""
    sent = secrets(number)
    (folder / "sent.json").write_text(json.dumps({**sent, "more": more}), encoding="utf-8")
    return list(sent.values())


def check(result: pytest.RunResult, folder: Path) -> str:
    """See that nothing of a secret is anywhere, and return what the terminal has."""
    shown = result.stdout.str() + result.stderr.str()
    report = folder / "report.xml"
    everything = shown + (report.read_text(encoding="utf-8") if report.exists() else "")
    assert "s3cret" not in everything
    assert "xxxxxxxx" not in everything
    return shown


def answer(live: Live, number: int) -> None:
    """Have the server answer with secrets in all that drift compares."""
    sent = secrets(number)
    live.server.workflow("report").returns(
        {
            "greeting": f"number {number}",
            "echoed": [sent["key"], f"({sent['token']})", sent["cookie"], {"n": sent["context"]}],
            "session": {"sid": sent["cookie"]},
            f"of {sent['password']}": number,
        }
    )


def test_drift(alone: pytest.Pytester, run_suite: RunSuite, live: Live) -> None:
    """A server that gives back what it is sent has drifted, and what it gives is not shown."""
    say(alone.path, 1)
    answer(live, 1)
    url = f"--mastra-url={live.url}"
    run_suite(SUITE, *LIVE, "--mastra-record=once", url).assert_outcomes(passed=1)
    for file in (alone.path / "cassettes").rglob("*.yaml"):
        assert "s3cret" not in file.read_text(encoding="utf-8")
    say(alone.path, 2)
    answer(live, 2)
    shown = check(run_suite(SUITE, *LIVE, "--mastra-record=verify", url), alone.path)
    assert "1 has drifted" in shown
    assert "expected 'number 1', actual 'number 2'" in shown


def test_drift_under_workers(alone: pytest.Pytester, run_process: RunSuite, live: Live) -> None:
    """Also where workers tell the process that reports, and knows nothing of what was sent."""
    say(alone.path, 1)
    answer(live, 1)
    url = f"--mastra-url={live.url}"
    run_process(SUITE, *LIVE, "--mastra-record=once", url).assert_outcomes(passed=1)
    say(alone.path, 2)
    answer(live, 3)
    live.server.workflow("report").returns({"text": secrets(2)["key"], "token": secrets(2)["token"]})
    workers = ("-p", "xdist", "-n", "1")
    shown = check(run_process(SUITE, *LIVE, "--mastra-record=verify", *workers, url), alone.path)
    assert "1 has drifted" in shown


def test_requests_that_were_not_recorded(alone: pytest.Pytester, run_suite: RunSuite, live: Live) -> None:
    """A miss names what was asked and what comes closest, and what is left, without secrets."""
    say(alone.path, 1)
    answer(live, 1)
    run_suite(SUITE, *LIVE, "--mastra-record=once", f"--mastra-url={live.url}").assert_outcomes(passed=1)
    (alone.path / "report.xml").unlink()
    say(alone.path, 2, town=secrets(2)["key"])
    result = run_suite(SUITE, "--mastra-target=replay", "-rA", "--showlocals")
    result.assert_outcomes(failed=1)
    shown = check(result, alone.path)
    assert "no recorded reply to POST" in shown
    assert "town" in shown

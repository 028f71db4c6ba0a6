"""What a test sees of a server: requests, runs, strays; and that secrets are not among it."""

from __future__ import annotations

from pytest_mastra.fake.server import FakeMastra
from tests.fake.http_calls import call, post


def asking_server() -> FakeMastra:
    """Return a server with a workflow that asks."""
    server = FakeMastra()
    server.workflow("approval").suspends("approve", {"ask": "ok?"}).then_returns({"ok": True})
    return server


def test_a_run_tells_what_it_went_through() -> None:
    """Its input, its answers, its polls, its events."""
    server = asking_server()
    post(server, "approval", "start-async", "r", {"inputData": {"n": 3}})
    call(server, "GET", "/workflows/approval/runs/r")
    post(server, "approval", "resume-async", "r", {"step": "approve", "resumeData": {"yes": True}})
    (run,) = server.runs("approval")
    assert (run.run_id, run.status, run.input_data, run.polls, run.cancels) == ("r", "success", {"n": 3}, 1, 0)
    assert run.resumes == [{"step": "approve", "resumeData": {"yes": True}}]
    assert run.result == {"ok": True}
    assert [event["type"] for event in run.events] == [
        "workflow-step-start",
        "workflow-step-suspended",
        "workflow-step-start",
        "workflow-step-result",
        "workflow-step-start",
        "workflow-step-result",
    ]


def test_each_request_is_noted() -> None:
    """With its verb, its run, its body and what was answered."""
    server = asking_server()
    post(server, "approval", "start-async", "r", {"inputData": 1})
    call(server, "GET", "/workflows/approval/runs/other")
    assert [(noted.verb, noted.run_id, noted.status) for noted in server.requests] == [
        ("start_async", "r", 200),
        ("run_by_id", "other", 404),
    ]
    assert server.requests[0].body == {"inputData": 1}
    assert server.strays == []


def test_requests_share_equal_headers() -> None:
    """What many requests say alike is kept once, and what one says otherwise is its own."""
    server = asking_server()
    for version in ("1", "1", "2"):
        call(server, "GET", "/workflows", headers={"X-Version": version})
    first, second, third = (noted.headers for noted in server.requests)
    assert first is second
    assert (first["X-Version"], third["X-Version"]) == ("1", "2")


def test_a_stray_request_is_explained() -> None:
    """An unknown workflow, a wrong method, an unknown route, another prefix: each with what came nearest."""
    server = asking_server()
    call(server, "GET", "/workflows/aproval")
    call(server, "GET", "/workflows/approval/start?runId=r")
    call(server, "POST", "/workflows/approval/start-asinc?runId=r", {})
    explained = [noted.stray for noted in server.strays]
    assert explained == [
        "There is no workflow 'aproval'. Did you mean 'approval'? Declared: 'approval'.",
        "/api/workflows/approval/start is called with POST, not with GET.",
        "There is no route POST /api/workflows/approval/start-asinc. "
        "The nearest route is POST /api/workflows/{workflow}/start-async.",
    ]


def test_secrets_are_masked() -> None:
    """No repr shows a token, a key or a password; the request itself keeps them for the test."""
    server = FakeMastra(token="t0p-secret")
    server.workflow("w").returns(1)
    headers = {"authorization": "Bearer t0p-secret"}
    body = {"inputData": {"api_key": "t0p-secret", "deep": [{"password": "t0p-secret"}], "plain": 1}}
    call(server, "POST", "/workflows/w/start-async?runId=r&apiKey=t0p-secret", body, headers)
    shown = f"{server!r} {server.requests!r} {server.runs('w')!r} {server.journal!r}"
    assert "t0p-secret" not in shown
    assert "'plain': 1" in shown
    assert server.requests[0].headers["authorization"] == "Bearer t0p-secret"


def test_ids_are_the_same_in_each_test() -> None:
    """A server makes the same ids each time, others with another seed."""

    def made(seed: int) -> str:
        server = FakeMastra(seed=seed)
        server.workflow("w").returns(1)
        run_id: str = call(server, "POST", "/workflows/w/create-run", {}).json()["runId"]
        return run_id

    assert made(0) == made(0) != made(1)

"""Servers of their own: those that want a token, or small bodies, or that count their runs."""

from __future__ import annotations

from tests.conformance.conversation import Talk
from tests.conformance.corpus import CURRENT, scenario

TOKEN = "letters-and-digits-1"  # a made-up one


@scenario(token=TOKEN)
def token_needed(talk: Talk) -> None:
    """Who has no token, or a wrong one, is told nothing, not even what there is."""
    for path in ("/workflows", "/workflows/nope", "/nope"):
        talk.call("GET", path)
        talk.call("GET", path, headers={"authorization": "Bearer wrong"})
    talk.call("POST", "/workflows/echo/start-async", raw=b"{", headers={"authorization": "Bearer wrong"})
    talk.call("POST", "/workflows/echo/stream?runId=x", {})


@scenario(token=TOKEN)
def token_given(talk: Talk) -> None:
    """The token may come with or without its scheme, or in the query."""
    body = {"inputData": 1}
    talk.call("POST", "/workflows/echo/start-async", body, headers={"authorization": f"Bearer {TOKEN}"})
    talk.call("POST", "/workflows/echo/start-async", body, headers={"Authorization": TOKEN})
    talk.call("POST", f"/workflows/echo/start-async?apiKey={TOKEN}", body)
    talk.call("POST", "/workflows/echo/start-async?apiKey=wrong", body)
    talk.call("GET", "/nope", headers={"authorization": f"Bearer {TOKEN}"})


@scenario(*CURRENT, body_limit=200)
def body_limit(talk: Talk) -> None:
    """A larger body is refused before it is read."""
    talk.call("POST", "/workflows/echo/start-async", {"inputData": "x" * 100})
    talk.call("POST", "/workflows/echo/start-async", {"inputData": "x" * 300})
    talk.call("POST", "/workflows/nope/start-async", raw=b"x" * 300)
    talk.call("POST", "/workflows/echo/nope", raw=b"x" * 300)


@scenario(*CURRENT, alone=True)
def run_counts(talk: Talk) -> None:
    """Runs by workflow; a nested suspension counts twice, and the count is kept for some seconds."""
    talk.post("echo", "start-async", talk.run_id(), {"inputData": 1})
    talk.post("asker", "start-async", talk.run_id(), {"inputData": {}})
    talk.post("nested-ask", "start-async", talk.run_id(), {"inputData": {}})
    for _ in range(2):
        counts = talk.unnoted("GET", "/workflows/run-counts").json()
        wanted = ("echo", "asker", "innerAsk", "nestedAsk")
        talk.compare("GET /workflows/run-counts", {key: counts[key] for key in wanted})
        talk.post("asker", "start-async", talk.run_id(), {"inputData": {}})


@scenario("current", "1.2", alone=True)
def restart_all_active(talk: Talk) -> None:
    """Every running run goes on from the step in which it was."""
    first, second = talk.run_id(), talk.run_id()
    for run_id in (first, second):
        talk.post("slow", "create-run", run_id)
        talk.post("slow", "start", run_id, {"inputData": {"gate": run_id}})
        talk.wait_for_gate(run_id)
    talk.call("POST", "/workflows/slow/restart-all-active-workflow-runs", {})
    talk.open_gate(first)
    talk.open_gate(second)
    talk.until("slow", first, "success")
    talk.until("slow", second, "success")
    talk.by_id("slow", first)
    talk.by_id("slow", second)


@scenario(alone=True)
def list_of_workflows(talk: Talk) -> None:
    """All workflows by key, whole or in part."""
    wanted = ("three", "oddId", "innerAsk", "mapped")
    for query in ("", "?partial=true", "?partial=false"):
        listed = talk.unnoted("GET", f"/workflows{query}").json()
        talk.compare(f"GET /workflows{query}", {name: listed[name] for name in wanted})

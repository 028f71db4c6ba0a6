"""Servers of their own: those that want a token, or small bodies, or that count their runs."""

from __future__ import annotations

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import CURRENT, scenario

TOKEN = "letters-and-digits-1"  # a made-up one


@scenario(token=TOKEN)
def token_needed(conversation: Conversation) -> None:
    """Who has no token, or a wrong one, is told nothing, not even what there is."""
    for path in ("/workflows", "/workflows/nope", "/nope"):
        conversation.call("GET", path)
        conversation.call("GET", path, headers={"authorization": "Bearer wrong"})
    conversation.call("POST", "/workflows/echo/start-async", raw=b"{", headers={"authorization": "Bearer wrong"})
    conversation.call("POST", "/workflows/echo/stream?runId=x", {})


@scenario(token=TOKEN)
def token_given(conversation: Conversation) -> None:
    """The token may come with or without its scheme, or in the query."""
    body = {"inputData": 1}
    conversation.call("POST", "/workflows/echo/start-async", body, headers={"authorization": f"Bearer {TOKEN}"})
    conversation.call("POST", "/workflows/echo/start-async", body, headers={"Authorization": TOKEN})
    conversation.call("POST", f"/workflows/echo/start-async?apiKey={TOKEN}", body)
    conversation.call("POST", "/workflows/echo/start-async?apiKey=wrong", body)
    conversation.call("GET", "/nope", headers={"authorization": f"Bearer {TOKEN}"})


@scenario(*CURRENT, body_limit=200)
def body_limit(conversation: Conversation) -> None:
    """A larger body is refused before it is read."""
    conversation.call("POST", "/workflows/echo/start-async", {"inputData": "x" * 100})
    conversation.call("POST", "/workflows/echo/start-async", {"inputData": "x" * 300})
    conversation.call("POST", "/workflows/nope/start-async", raw=b"x" * 300)
    conversation.call("POST", "/workflows/echo/nope", raw=b"x" * 300)


@scenario(*CURRENT, alone=True)
def run_counts(conversation: Conversation) -> None:
    """Runs by workflow; a nested suspension counts twice, and the count is kept for some seconds."""
    conversation.post("echo", "start-async", conversation.run_id(), {"inputData": 1})
    conversation.post("asker", "start-async", conversation.run_id(), {"inputData": {}})
    conversation.post("nested-ask", "start-async", conversation.run_id(), {"inputData": {}})
    for _ in range(2):
        counts = conversation.call_unrecorded("GET", "/workflows/run-counts").json()
        wanted = ("echo", "asker", "innerAsk", "nestedAsk")
        conversation.record_value("GET /workflows/run-counts", {key: counts[key] for key in wanted})
        conversation.post("asker", "start-async", conversation.run_id(), {"inputData": {}})


@scenario("current", "1.2", alone=True)
def restart_all_active(conversation: Conversation) -> None:
    """Every running run goes on from the step in which it was."""
    first, second = conversation.run_id(), conversation.run_id()
    for run_id in (first, second):
        conversation.post("slow", "create-run", run_id)
        conversation.post("slow", "start", run_id, {"inputData": {"gate": run_id}})
        conversation.wait_for_gate(run_id)
    conversation.call("POST", "/workflows/slow/restart-all-active-workflow-runs", {})
    conversation.open_gate(first)
    conversation.open_gate(second)
    conversation.wait_for_status("slow", first, "success")
    conversation.wait_for_status("slow", second, "success")
    conversation.read_run("slow", first)
    conversation.read_run("slow", second)


@scenario(alone=True)
def list_of_workflows(conversation: Conversation) -> None:
    """All workflows by key, whole or in part."""
    wanted = ("three", "oddId", "innerAsk", "mapped")
    for query in ("", "?partial=true", "?partial=false"):
        listed = conversation.call_unrecorded("GET", f"/workflows{query}").json()
        conversation.record_value(f"GET /workflows{query}", {name: listed[name] for name in wanted})

"""Steps that are agents and tools, and what chunks of agents do to the end of a stream."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import scenario

AGENTS = ("agent-only", "agent-tool", "agent-parallel", "agent-items")
TOOLS = ("tool-only", "tool-items", "tool-failing", "tool-odd")


@scenario()
def agents_described(conversation: Conversation) -> None:
    """Graphs and steps say what is an agent and what a tool."""
    for workflow in (*AGENTS, *TOOLS):
        conversation.call("GET", f"/workflows/{workflow}")


@scenario()
def agents_that_answer(conversation: Conversation) -> None:
    """A run with an agent in it, as those see it who do not read its stream."""
    inputs: dict[str, Any] = {"agent-tool": {"text": "hi"}, "agent-items": [{"prompt": "a"}, {"prompt": "b"}]}
    for workflow in AGENTS:
        run_id = conversation.run_id()
        body = {"inputData": inputs.get(workflow, {"prompt": "hi"})}
        conversation.post(workflow, "start-async", run_id, body)
        conversation.read_run(workflow, run_id)
    conversation.post("agent-only", "start-async", conversation.run_id(), {"inputData": {"prompt": 5}})
    conversation.post("agent-items", "start-async", conversation.run_id(), {"inputData": [{"prompt": "a"}, {}]})


@scenario()
def tools_as_steps(conversation: Conversation) -> None:
    """Tools that give something, that get what they do not know, that fail, that give what they must not."""
    for workflow, value in (
        ("tool-only", {"text": "hi"}),
        ("tool-only", {"text": 5}),
        ("tool-only", {}),
        ("tool-items", [{"text": "a"}, {"text": "b"}]),
        ("tool-items", [{"text": "a"}, {}]),
        ("tool-failing", {"text": "fly"}),
        ("tool-odd", {"text": "a"}),
    ):
        conversation.wait_and_stream(workflow, {"inputData": value})


def _finish(usage: Any) -> dict[str, Any]:
    return {"type": "finish", "from": "AGENT", "payload": {"output": {"usage": usage}}}


TOLD: list[list[Any]] = [
    [_finish({"inputTokens": 3, "outputTokens": 2, "totalTokens": 5})],
    [_finish({"inputTokens": 3, "totalTokens": 5, "reasoningTokens": 1, "cachedInputTokens": 7}), _finish({})],
    [_finish({"promptTokens": 3, "completionTokens": 2, "totalTokens": 5, "cacheCreationInputTokens": 1})] * 2,
    [_finish({"inputTokens": "12 tokens", "outputTokens": 2.9, "totalTokens": None, "reasoningTokens": [4]})],
    [_finish({"inputTokens": "many", "outputTokens": True, "totalTokens": {}}), _finish({"inputTokens": 1})],
    [{"type": "finish", "payload": {"usage": {"inputTokens": 1, "totalTokens": 1}, "output": {"usage": {}}}}],
    [{"type": "finish"}, {"type": "finish", "payload": {}}, {"type": "finish", "payload": {"output": {}}}],
    [{"type": "step-finish", "payload": {"usage": {"inputTokens": 1}}}, _finish(None), None, "finish", 5],
]


@scenario()
def agents_tokens(conversation: Conversation) -> None:
    """The last record of a stream counts the tokens that chunks of agents tell of, whoever writes them."""
    for chunks in TOLD:
        conversation.post("agent-chunks", "stream", conversation.run_id(), {"inputData": chunks})


@scenario()
def agents_tokens_of_an_answer(conversation: Conversation) -> None:
    """A stream that answers a suspension begins to count where it began."""
    run_id = conversation.run_id()
    conversation.post("agent-chunks-asking", "stream", run_id, {"inputData": TOLD[0]})
    conversation.post("agent-chunks-asking", "resume-stream", run_id, {"step": "write", "resumeData": {"a": 1}})

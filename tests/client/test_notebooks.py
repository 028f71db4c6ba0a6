"""How workflows, results and streams look in notebooks."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from mastra_sync import MastraClient, RunResult
from pytest_mastra import FakeMastra, StepContext
from pytest_mastra.fake.fronts.in_process import InProcess
from tests.client.scripted import client_of, reply

HOSTILE = "<script>alert('x')</script>&\x1b[31m\u202e\"'"


class Parsed(HTMLParser):
    """The tags of a page, all their attributes, and its text; each tag that begins must end."""

    def __init__(self, text: str | None) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.words = ""
        self._open: list[str] = []
        self.feed(text or "")
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += f"{data} "


def is_inert(page: Parsed) -> bool:
    return page.tags <= {"div", "b", "span", "table", "tr", "td", "pre"} and page.names <= {"style"}


def test_a_workflow_and_a_stream() -> None:
    """A workflow shows its graph with what is nested in it, a stream how far it has come; nothing acts."""
    server = FakeMastra()
    inner = server.workflow("inner", description=HOSTILE).then(server.step("deep", lambda _: {})).commit()
    server.workflow("outer", description=HOSTILE).parallel([inner, server.step("beside", lambda _: {})]).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        workflow = client.get_workflow("outer")
        page = Parsed(workflow._repr_html_())
        assert is_inert(page)
        assert [
            word in page.words for word in ("outer", "at the same time", "inner, a workflow", "deep", "beside")
        ] == [True] * 5
        with workflow.create_run("r1").stream({}) as stream:
            next(stream)
            begun = Parsed(stream._repr_html_())
            stream.result()
            ended = Parsed(stream._repr_html_())
    assert begun.words.startswith("run r1  1 events, open: <StreamEvent workflow-start")
    assert "complete" in ended.words
    assert is_inert(begun)


@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
def test_a_stream_shows_its_steps_on_the_graph(generation: str) -> None:
    """Each step that the run has come to has its status, of several items the one that matters; others have none."""
    server = FakeMastra(generation=generation)

    def ask(context: StepContext) -> object:
        if context.input_data:
            context.suspend({"ask": "?"})
        return {}

    asking, later = server.step("ask", ask, resume_schema={}), server.step("later", lambda _: {})
    first = server.step("first", lambda _: [0, 1, 0])
    server.workflow("items").then(first).foreach(asking, concurrency=3).then(later).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        with client.get_workflow("items").create_run("r1").stream({}) as stream:
            list(stream)
            page = Parsed(stream._repr_html_())
        gone = client.get_workflow("items").create_run("r2").stream({})
        list(gone)
        client.get_workflow("items").delete_run_by_id("r2")
        assert Parsed(gone._repr_html_()).tags == {"div", "b"}
    assert is_inert(page)
    words = " ".join(page.words.split()).partition("first ")[2]
    assert words == "success for each item, 3 at a time ask (may suspend) suspended later"


def test_a_workflow_that_cannot_be_read() -> None:
    """A notebook shows the repr of a workflow that the server does not tell of."""
    client, _ = client_of(lambda request: reply({"error": "Workflow not found"}, 404))
    assert client.get_workflow("w")._repr_html_() is None


def test_a_result() -> None:
    """Each step with what it gave or why it failed, and what the run came to; hostile values are text."""
    steps = {
        HOSTILE: {"status": "success", "output": {HOSTILE: HOSTILE}},
        "long": {"status": "success", "output": "x" * 1_000_000},
        "boom": {"status": "failed", "error": {"name": "Error", "message": HOSTILE}},
        **{f"s{number}": {"status": "success"} for number in range(300)},
    }
    run = RunResult.model_validate({"workflowId": HOSTILE, "runId": HOSTILE, "status": "failed", "steps": steps})
    text = run._repr_html_()
    page = Parsed(text)
    assert is_inert(page)
    assert len(text) < 60_000
    assert page.words.count("<script>alert('x')</script>&\\x1b[31m\\u202e") >= 4
    assert "... and 103 more steps" in page.words


def test_a_result_that_waits_and_one_that_is_deep() -> None:
    """A suspended run says what it asks; a value that is nested deeply is cut."""
    asks = {"status": "suspended", "steps": {"q": {"status": "suspended", "suspendPayload": {"ask": HOSTILE}}}}
    page = Parsed(RunResult.model_validate(asks)._repr_html_())
    assert is_inert(page)
    assert "q asks" in page.words
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    text = RunResult(status="success", result=deep)._repr_html_()
    assert is_inert(Parsed(text))
    assert len(text) < 2000

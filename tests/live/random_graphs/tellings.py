"""Telling a story to the fake or to a real server, and what came of it."""

from __future__ import annotations

import concurrent.futures
import uuid
from collections.abc import Callable
from http import HTTPStatus
from random import Random
from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.engines import Engine
from tests.conformance.conversation import Answer, Conversation, FakeWire, Wire, ignore
from tests.conformance.stories import Act, Graph, Storyteller
from tests.live.conformance.real_wire import RealWire
from tests.live.random_graphs.make_graphs import make_graph
from tests.live.random_graphs.write_stories import write_story
from tests.live.server import LiveServer

Transcript = list[Any]

FAKE_PATIENCE = 4.0
REAL_PATIENCE = 4.0
"""Seconds; nothing that a story asks for takes half a second, but to wait for ever."""

NO_ANSWER = (TimeoutError, concurrent.futures.TimeoutError)


class PatientFake(FakeWire):
    """The fake; where its patience ends, it does not answer."""

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes, on_first: Callable[[], None] = ignore
    ) -> Answer:
        answer = super().send(method, path, headers, body, on_first)
        if answer.status == HTTPStatus.GATEWAY_TIMEOUT:
            raise TimeoutError
        return answer


def write_with_fake(random: Random, generation: str, engine: Engine = "default") -> tuple[Graph, list[Act], Transcript]:
    """Return a random graph, a story about it, and what the fake says to it."""
    graph = _named({"engine": engine, **make_graph(random)} if engine != "default" else make_graph(random))
    server = _fake(generation)
    story: list[Act] = []

    def tell(teller: Storyteller) -> None:
        write_story(random, graph, server, teller, story)

    transcript = _transcript(PatientFake(server), graph, tell)
    return graph, story, transcript


def tell_fake(generation: str, graph: Graph, story: list[Act]) -> Transcript:
    """Return what the fake says to a story."""
    return _transcript(PatientFake(_fake(generation)), _named(graph), lambda teller: _tell_all(teller, story))


class RealTeller:
    """Tells stories to a real server, and starts another where one has died. A context manager.

    Args:
        start: Starts a server.

    Attributes:
        deaths: How many servers have died of a story.
    """

    def __init__(self, start: Callable[[], LiveServer]) -> None:
        self._start = start
        self._server = start()
        self.deaths = 0

    def tell(self, graph: Graph, story: list[Act]) -> Transcript:
        """Return what the server says to a story; that it died is the last that it says."""
        wire = RealWire(self._server, REAL_PATIENCE)
        transcript = _transcript(wire, _named(graph), lambda teller: _tell_all(teller, story))
        if not self._server.is_running:
            self.deaths += 1
            self._server = self._start()
            transcript.append({"ended": "the server died"})
        return transcript


def _named(graph: Graph) -> Graph:
    """Return a graph under an id that no other has on any server."""
    return {"id": str(uuid.uuid4()), **{key: value for key, value in graph.items() if key != "id"}}


def _fake(generation: str) -> FakeMastra:
    return FakeMastra(generation=generation, patience=FAKE_PATIENCE)


def _tell_all(teller: Storyteller, story: list[Act]) -> None:
    for act in story:
        teller.tell(act)


def _transcript(wire: Wire, graph: Graph, tell: Callable[[Storyteller], None]) -> Transcript:
    with Conversation(wire) as conversation:
        try:
            teller = Storyteller(conversation, graph)
            try:
                tell(teller)
            finally:
                teller.finish()
        except NO_ANSWER:
            ended = ["no answer"]
        except Exception as error:  # noqa: BLE001 -- what leaks from a server is what is looked for
            ended = [f"{type(error).__name__}: {error}"]
        else:
            ended = []
    return [*conversation.transcript.as_json(), *({"ended": reason} for reason in ended)]

"""Runs whose streams were left early: their events stand in the order in which they happened."""

from __future__ import annotations

from itertools import islice

import pytest

from mastra_sync import MastraClient
from pytest_mastra.fake import FakeMastra
from tests.run_history.acted_scenes import acted, approval, kinds, one

EVENTS = [
    *("start", "start:look", "result:look", "start:ask", "suspended:ask"),
    *("start", "start:ask", "result:ask"),
]


@pytest.mark.parametrize(("read", "again"), [(1, 0), (2, 1), (2, 2), (1, 3)])
def test_streams_that_were_left_early(read: int, again: int) -> None:
    """However little of its streams was read, a run's events stand in the order in which they happened."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        approval(server)
        run = client.get_workflow("city").create_run("r1")
        with run.stream({}) as stream:
            list(islice(stream, read))
        server.clock.advance(10)
        with run.resume_stream({"yes": 1}) as stream:
            list(islice(stream, again))
        server.clock.advance(10)
        run.result()

    run = one(acted(play))
    assert kinds(run) == EVENTS
    arrived = [arrival is not None for arrival in run.arrivals]
    assert arrived[:5] == [True] * read + [False] * (5 - read)
    assert arrived[5:] == [True] * again + [False] * (3 - again)


def test_what_only_a_stream_has_stands_where_it_was_read() -> None:
    """A nested run's events, which only streams tell, come before what happened after the stream was left."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        inner = server.workflow("inner").then(server.step("look", lambda ctx: 1, duration=1))
        inner.commit()
        server.workflow("outer").then(inner).then(server.step("book", lambda ctx: 2, duration=1)).commit()
        run = client.get_workflow("outer").create_run("r1")
        with run.stream({}) as stream:
            list(islice(stream, 3))
        server.clock.advance(10)
        run.result()

    run = one(acted(play))
    assert kinds(run) == ["start", "start:inner", "start:inner.look", "result:inner", "start:book", "result:book"]

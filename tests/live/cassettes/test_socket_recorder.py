"""Real servers of each generation, listened to and replayed."""

from __future__ import annotations

import time

from mastra_sync import MastraClient
from pytest_mastra.http.exchanges import Ending, ExchangeLog
from pytest_mastra.http.socket_recorder import Wiretap
from tests.cassettes.record_and_replay import recording_of, replaying_client
from tests.live.server import LiveServer


def story(client: MastraClient) -> list[object]:
    """Return what a test may see of a run that is executed, and of one that is streamed."""
    workflow = client.get_workflow("city-workflow")
    executed = workflow.execute({"city": "Oslo"})
    streamed = [event.type for event in workflow.create_run().stream({"city": "Rome"})]
    return [executed.status, executed.result, streamed, workflow.details().name]


def test_recorded_and_replayed(live_server: LiveServer) -> None:
    """A real server's answers come back alike, with its own chunks, for run ids that the test makes anew."""
    log = ExchangeLog()
    tap = Wiretap(log, live_server.base_url, time.monotonic)
    with MastraClient(live_server.base_url, token="", adapter=tap.wrap) as client:
        live = story(client)
    (stream,) = [exchange for exchange in log if exchange.call.verb == "stream"]
    assert stream.is_stream
    assert len(stream.chunks) > 1
    assert {exchange.ending for exchange in log} == {Ending.WHOLE}
    with replaying_client(recording_of(log)) as (client, replay):
        assert story(client) == live
        assert replay.playback.unplayed == []
        assert replay.missed == []


def test_a_stream_of_an_agents_tokens(live_server: LiveServer) -> None:
    """What an agent says in a step is kept and replayed as any other event: token by token, a chunk each."""

    def tokens(client: MastraClient) -> list[str]:
        stream = client.get_workflow("agent-tool").create_run().stream({"text": "hi"})
        return [str(event.payload) for event in stream if event.type == "workflow-step-output"]

    log = ExchangeLog()
    tap = Wiretap(log, live_server.base_url, time.monotonic)
    with MastraClient(live_server.base_url, token="", adapter=tap.wrap) as client:
        live = tokens(client)
    assert [text for text in live if "You said: " in text]
    (stream,) = [exchange for exchange in log if exchange.call.verb == "stream"]
    recorded = recording_of(log)
    (kept,) = [exchange for exchange in recorded if exchange.call.verb == "stream"]
    assert len(kept.chunks) == len(stream.chunks) > len(live)
    with replaying_client(recorded) as (client, _):
        assert len(tokens(client)) == len(live)

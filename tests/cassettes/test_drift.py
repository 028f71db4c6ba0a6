"""What counts as drift, what is only noted, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_mastra.cassettes.drift.pytest_report import Drift, compare
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.redact.scrubber import Scrubber
from tests.cassettes.exchange_factory import exchange
from tests.cassettes.recorded_calls import Said

RUN = "3f9c2b1e-0000-4000-8000-000000000001"
OTHER_RUN = "77777777-0000-4000-8000-000000000002"


def recorded(
    *, generation: str = "current", seed: int = 0, temp: int = 2, run: str = RUN, reads: int = 2, verb: str = "stream"
) -> list[Exchange]:
    """A run that looks a city up, does two things side by side, and asks."""
    server = FakeMastra(generation=generation, seed=seed)
    workflow = server.workflow("city").then(
        server.step("lookup", lambda ctx: {"city": ctx.input_data["city"], "temp": temp})
    )
    workflow.parallel([server.step(name, lambda _: {"done": True}) for name in ("left", "right")])
    workflow.then(server.step("q", lambda ctx: ctx.resume_data or ctx.suspend({"ask": "ok?"}))).commit()
    said = Said(server)
    said.post("city", "create-run", run)
    said.post("city", verb, run, {"inputData": {"city": "NY"}})
    for _ in range(reads):
        said.read("city", run)
    said.post("city", "resume-async", run, {"step": "q", "resumeData": {"ok": True}})
    for _ in range(reads):
        said.read("city", run)
    return said.exchanges


def changed(exchanges: list[Exchange], number: int, change: Callable[[Any], Any]) -> list[Exchange]:
    """Return exchanges of which one answers something else: a JSON value, or the records of a stream."""
    exchange = exchanges[number]
    if exchange.is_stream:
        records = [json.loads(record) for record in exchange.body.split(b"\x1e") if record.strip()]
        body = b"".join(json.dumps(record).encode() + b"\x1e" for record in change(records))
    else:
        body = json.dumps(change(json.loads(exchange.body))).encode()
    return [*exchanges[:number], replace(exchange, chunks=[body]), *exchanges[number + 1 :]]


def lines_of(drift: Drift) -> list[str]:
    """What a drift says, line by line."""
    lines = drift.lines()
    assert all(len(line) <= 80 for line in lines)
    return [line.strip() for line in lines]


STREAM, READ = 1, 2


def test_ids_times_and_the_number_of_polls_do_not_count() -> None:
    """The same behaviour under other ids, with more polls, has not drifted."""
    drift = compare(recorded(), recorded(seed=7, run=OTHER_RUN, reads=5))
    assert not drift
    assert drift.notes == {}
    assert str(drift) == "no drift"


def test_chunk_borders_and_headers_do_not_count() -> None:
    """How the bytes of a stream came is nobody's contract."""
    live = recorded()
    whole = live[STREAM].body
    live[STREAM] = replace(
        live[STREAM],
        chunks=[whole[:7], whole[7:90], whole[90:]],
        headers=(("Content-Type", "text/plain"), ("x-a", "b")),
    )
    assert not compare(recorded(), live)


def test_a_changed_output_is_told_once_with_its_places() -> None:
    """A step that gives something else is one difference, however many answers repeat it."""
    drift = compare(recorded(), recorded(temp=3))
    assert lines_of(drift) == [
        "city, run 1:",
        "stream, event workflow-step-result lookup",
        "$.payload.output.temp: expected 2, actual 3",
        "(the same in 13 more places)",
    ]
    assert list(drift.differences) == ["city, run 1"]


def test_steps_side_by_side_may_end_in_any_order() -> None:
    """The order of the events of parallel steps does not count, within the order of each step."""

    def swap(records: list[Any]) -> list[Any]:
        ends = [index for index, one in enumerate(records) if one["payload"].get("id") in ("left", "right")][2:]
        records[ends[0]], records[ends[1]] = records[ends[1]], records[ends[0]]
        return records

    assert not compare(recorded(), changed(recorded(), STREAM, swap))


def test_a_missing_event_counts() -> None:
    """An event that does not come any more is a difference."""
    drift = compare(recorded(), changed(recorded(), STREAM, lambda records: records[:2] + records[3:]))
    assert lines_of(drift) == ["city, run 1:", "stream", "event workflow-step-result lookup is missing"]


def test_a_new_event_counts() -> None:
    """An event that did not come before is a difference."""
    drift = compare(recorded(), changed(recorded(), STREAM, lambda records: [*records, {"type": "news", "payload": 1}]))
    assert lines_of(drift) == ["city, run 1:", "stream", "event news is new"]


def test_steps_in_another_order_count() -> None:
    """A step that begins before the one in front of it has ended is a difference."""

    def hurry(records: list[Any]) -> list[Any]:
        asks = [record for record in records if record["payload"].get("id") == "q"]
        return [records[0], *asks, *(record for record in records[1:] if record not in asks)]

    lines = lines_of(compare(recorded(), changed(recorded(), STREAM, hurry)))
    assert "step q came before step lookup had ended" in lines


def test_a_field_that_a_server_adds_is_a_note() -> None:
    """A newer server's additional fields fail no suite; they are counted beside what does."""

    def add(answer: Any) -> Any:
        return {**answer, "traceId": "t", "steps": {**answer["steps"], "q": {**answer["steps"]["q"], "more": 1}}}

    drift = compare(recorded(verb="start-async"), changed(recorded(verb="start-async"), STREAM, add))
    assert not drift
    assert [finding.what.path for finding in drift.notes["city, run 1"]] == ["$.steps.q.more", "$.traceId"]  # type: ignore[union-attr]


def test_a_field_that_a_workflow_adds_counts() -> None:
    """What a step gives is its workflow's contract, new fields included."""

    def add(answer: Any) -> Any:
        answer["steps"]["lookup"]["output"]["more"] = 1
        return answer

    drift = compare(recorded(verb="start-async"), changed(recorded(verb="start-async"), STREAM, add))
    assert lines_of(drift)[-1] == "$.steps.lookup.output.more: not expected, actual 1"


def test_a_field_that_is_gone_counts() -> None:
    """A field that answers have no more breaks who reads it."""
    live = changed(recorded(), READ + 1, lambda answer: {k: v for k, v in answer.items() if k != "resourceId"})
    assert lines_of(compare(recorded(), live))[-1] == "$.resourceId: expected None, but nothing is there"


def test_another_status_counts_with_what_was_said() -> None:
    """Another HTTP status is the difference; the bodies are not compared besides."""
    live = recorded()
    error = b'{"error":"Workflow run ' + RUN.encode() + b' not found"}'
    live[4] = replace(live[4], status=404, chunks=[error])
    assert lines_of(compare(recorded(), live)) == [
        "city, run 1:",
        "resume_async",
        "HTTP status 200 OK has become 404 Not Found: Workflow run <run> not found",
    ]


def test_readings_before_the_run_is_settled_do_not_count() -> None:
    """What a poll meets on the way depends on the time."""
    on_the_way = changed(recorded(reads=1), READ, lambda answer: {**answer, "status": "running", "steps": {}})
    assert not compare(recorded(reads=1), on_the_way)


def test_runs_are_matched_by_what_they_were_started_with() -> None:
    """Runs that threads started in another order are held against their likes."""
    one, two = recorded(temp=1), recorded(temp=1, run=OTHER_RUN)
    for said in two:
        said.request = replace(said.request, body=said.request.body.replace(b"NY", b"LA"))
        said.chunks = [chunk.replace(b"NY", b"LA") for chunk in said.chunks]
    assert not compare([*one, *two], [*two, *one])
    assert lines_of(compare([*one, *two], one)) == ["city, run 2:", "the run", "is missing"]


def test_an_id_that_becomes_another_one_counts() -> None:
    """Ids may be any; who had the same one must have the same one still."""

    def mix(records: list[Any]) -> list[Any]:
        records[2]["payload"]["stepCallId"] = OTHER_RUN
        return records

    lines = lines_of(compare(recorded(), changed(recorded(), STREAM, mix)))
    assert lines[-1] == "$.payload.stepCallId: expected '<id 1>', actual '<another id>'"


def test_a_stream_that_is_cut_counts() -> None:
    """What came of a cut stream is compared, and the cut told."""
    live = recorded()
    live[STREAM] = replace(live[STREAM], chunks=[live[STREAM].body[:600]], ending=Ending.CUT)
    assert lines_of(compare(recorded(), live)) == ["city, run 1:", "stream", "the stream was cut"]


def test_what_was_taken_out_as_a_secret_is_not_compared() -> None:
    """A recording has *** where the live server says a secret; neither is a difference, nor is it shown."""
    was = changed(recorded(), READ + 1, lambda answer: {**answer, "payload": {"city": "NY", "apiKey": "***"}})
    live = changed(recorded(), READ + 1, lambda answer: {**answer, "payload": {"city": "LA", "apiKey": "sk-living"}})
    for scrubber in (None, Scrubber()):
        lines = lines_of(compare(was, live, scrubber=scrubber))
        assert lines[-1] == "$.payload.city: expected 'NY', actual 'LA'"
        assert "sk-living" not in str(lines)


@pytest.mark.parametrize("generation", ["1.2", "1.0-beta"])
def test_another_generation_is_told_sensibly(generation: str) -> None:
    """Against another server generation the lost fields are listed, in few lines."""
    drift = compare(recorded(), recorded(generation=generation))
    lines = lines_of(drift)
    assert drift
    assert len(lines) < 40
    assert "stream, event workflow-finish" not in lines


def test_a_drift_travels_as_plain_data() -> None:
    """What a worker of pytest-xdist sends is what the controller tells."""
    drift = compare(recorded(), recorded(generation="1.2", temp=3))
    again = Drift.from_data(json.loads(json.dumps(drift.as_data())))
    assert again.lines() == drift.lines()
    assert again.differences == drift.differences


def test_requests_of_no_run_are_matched_as_they_ask() -> None:
    """Ids and times in their queries are others each time, and a story does not always keep the order of sending."""

    def asked(day: int, run: str, *, turned: bool) -> list[Exchange]:
        since = f"2026-11-{day}T07%3A55%3A11.149393%2B00%3A00"
        routes = [f"/api/workflows/city/runs?resourceId={run}&fromDate={since}", f"/counts?id={run}", "/api/workflows"]
        return [exchange(route, {"a": 1}) for route in (reversed(routes) if turned else routes)]

    assert not compare(asked(21, RUN, turned=False), asked(22, OTHER_RUN, turned=True))
    assert compare(asked(21, RUN, turned=False), asked(22, OTHER_RUN, turned=True)[1:])


def test_polls_are_compared_in_their_order() -> None:
    """Several kinds of polls between two moves are reported as they were recorded, each time the same way."""

    def polls(first: int) -> list[Exchange]:
        routes = [f"/api/workflows/city/runs/{RUN}?fields=field{number}" for number in range(9)]
        return [exchange(route, {"status": "success", "n": first + number}) for number, route in enumerate(routes)]

    (found,) = compare(polls(0), polls(100)).differences.values()
    assert [finding.what.expected for finding in found if not isinstance(finding.what, str)] == list(range(9))

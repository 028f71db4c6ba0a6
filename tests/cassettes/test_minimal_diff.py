"""Recording the same again changes no line; a change of one step's output changes that step's lines only."""

from __future__ import annotations

import difflib
import json
import random
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mastra.cassettes.file.read_write import read_cassette, write_cassette
from pytest_mastra.http.exchanges import Exchange
from tests.cassettes.exchange_factory import JSON, exchange, record
from tests.properties import examples

HAPPENED = {"a": {"text": "one"}, "b": {"text": "two", "list": [1, 2]}, "c": 3}


@dataclass
class Happening:
    """One time that a suite was recorded: other ids, another hour, other delays, more or fewer polls."""

    seed: int
    outputs: dict[str, Any] = field(default_factory=lambda: dict(HAPPENED))
    random: random.Random = field(init=False)
    now: datetime = field(init=False)
    clock: float = 0.0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.now = datetime(2026, 3, 1, tzinfo=timezone.utc) + timedelta(days=self.random.random() * 300)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def pass_time(self) -> int:
        """Let some milliseconds pass, and return the moment in milliseconds."""
        spent = self.random.choice([1, 3, 20, 400])
        self.now += timedelta(milliseconds=spent)
        self.clock += spent / 1000
        return int(self.now.timestamp() * 1000)

    @property
    def iso(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.now.microsecond // 1000:03d}Z"

    def say(self, target: str, answer: Any = None, **parts: Any) -> Exchange:
        self.pass_time()
        date = ("Date", format_datetime(self.now.replace(microsecond=0), usegmt=True))
        return exchange(target, answer, began=self.clock, headers=(JSON, date), took=self.random.random() / 50, **parts)

    def exchanges(self) -> Iterator[Exchange]:
        """Give two runs: one polled, one streamed, with everything in it that is another each time."""
        yield self.say("/api/workflows/w", {"name": "w", "steps": {}})
        yield from self.polled()
        yield from self.streamed()

    def polled(self) -> Iterator[Exchange]:
        run, item = self.uuid(), self.uuid()
        created = self.iso
        yield self.say("/api/workflows/w/create-run", {"runId": run}, method="POST")
        yield self.say(f"/api/workflows/w/start?runId={run}", {"message": "started"}, method="POST", sent={})
        steps: dict[str, Any] = {}
        shown = {"runId": run, "createdAt": created, "status": "running", "steps": steps}
        for name, output in self.outputs.items():
            for _ in range(self.random.choice([0, 1, 3])):
                yield self.say(f"/api/workflows/w/runs/{run}", shown | {"updatedAt": self.iso})
            steps[name] = {
                "startedAt": self.pass_time(),
                "status": "success",
                "output": output,
                "endedAt": self.pass_time(),
                "id": f"sleep_{self.uuid()}",
            }
        ended = {"status": "success", "item": item, "updatedAt": self.iso, "error": f"no, run {run} of {item} is fine"}
        for _ in range(self.random.choice([1, 2])):
            yield self.say(f"/api/workflows/w/runs/{run}", shown | ended)

    def streamed(self) -> Iterator[Exchange]:
        run = self.uuid()
        events: list[dict[str, Any]] = [{"type": "workflow-start", "runId": run, "payload": {"workflowId": "w"}}]
        for name, output in self.outputs.items():
            started = {"id": name, "startedAt": self.pass_time(), "status": "running"}
            ended = {"id": name, "endedAt": self.pass_time(), "output": output}
            ended["durationMs"] = self.random.randint(1, 99)
            events += [
                {"type": "workflow-step-start", "runId": run, "payload": started},
                {"type": "workflow-step-result", "runId": run, "payload": ended},
            ]
        events.append({"type": "workflow-finish", "runId": run, "payload": {"status": "success"}})
        chunks = [*map(record, events)]
        streamed = self.say(f"/api/workflows/w/stream?runId={run}", method="POST", sent={}, chunks=chunks)
        moments = sorted(self.random.random() * 9 for _ in streamed.chunks)
        streamed.arrivals = moments
        if self.random.random() < 0.3:  # a proxy glues two chunks
            streamed.chunks[1:3] = [b"".join(streamed.chunks[1:3])]
            del streamed.arrivals[1]
        yield streamed


def recorded(path: Path, happening: Happening) -> list[str]:
    """Record a happening, and return the lines of the file."""
    write_cassette(path, happening.exchanges())
    return path.read_text().splitlines()


def fresh(folder: Path) -> Path:
    """Return a file that is not there yet."""
    path = folder / "a.yaml"
    path.unlink(missing_ok=True)
    return path


SEEDS = st.integers(0, 10**6)
SLOWLY = settings(
    max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@SLOWLY
@given(SEEDS, SEEDS)
def test_the_same_again_changes_no_line(tmp_path: Path, first: int, second: int) -> None:
    """Whatever ids, times, pace, polls and borders of chunks are this time."""
    path = fresh(tmp_path)
    before = recorded(path, Happening(first))
    assert recorded(path, Happening(second)) == before
    assert recorded(path, Happening(second)) == before


@SLOWLY
@given(SEEDS, SEEDS, st.sampled_from("abc"))
def test_another_output_changes_its_lines_only(tmp_path: Path, first: int, second: int, step: str) -> None:
    """Every line that changed holds the old or the new output, in the run that was polled and in the stream."""
    path = fresh(tmp_path)
    before = recorded(path, Happening(first, HAPPENED | {step: "OLD"}))
    after = recorded(path, Happening(second, HAPPENED | {step: "NEW"}))
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    assert changed
    assert [line for line in changed if not re.search("OLD|NEW", line)] == []
    assert "OLD" not in "\n".join(after)


@SLOWLY
@given(SEEDS, SEEDS)
def test_an_output_that_grows_changes_its_lines_only(tmp_path: Path, first: int, second: int) -> None:
    """A text that becomes an object of several lines touches no other step."""
    path = fresh(tmp_path)
    grown = {"GROWN": ["GROWN", {"GROWN": 1}], "GROWN too": "GROWN" * 30}
    before = recorded(path, Happening(first))
    after = recorded(path, Happening(second, HAPPENED | {"b": grown}))
    gone = [line[2:] for line in difflib.ndiff(before, after) if line[0] == "-"]
    assert [line for line in gone if not re.search(r"text|list|two|output", line)] == []
    for name in ("a", "c"):
        assert steps_lines(before, name) == steps_lines(after, name)


def steps_lines(lines: list[str], step: str) -> list[str]:
    """Return the lines of a step in the last record of a run that was polled."""
    start = max(number for number, line in enumerate(lines) if line.strip() == f'"{step}": {{')
    end = next(number for number in range(start, len(lines)) if lines[number].startswith(lines[start][:10] + "  }"))
    return lines[start:end]


def test_ids_keep_their_identity(tmp_path: Path) -> None:
    """An id of the caller's that is another one this time is kept everywhere, or nowhere."""
    path = tmp_path / "a.yaml"
    old, new = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
    write_cassette(path, [exchange("/a", {"item": old}), exchange("/b", {"was": f"item {old}"})])
    write_cassette(path, [exchange("/a", {"item": new}), exchange("/b", {"is": f"item {new}"})])
    first, second = read_cassette(path).exchanges
    assert json.loads(first.body) == {"item": old}
    assert json.loads(second.body) == {"is": f"item {old}"}


def test_two_ids_that_became_one_are_no_longer_two(tmp_path: Path) -> None:
    """Nothing is kept that would say that different things are the same, or the other way round."""
    path = tmp_path / "a.yaml"
    ids = [f"{number}1111111-1111-4111-8111-111111111111" for number in range(1, 5)]
    write_cassette(path, [exchange("/a", {"x": ids[0], "y": ids[1]})])
    write_cassette(path, [exchange("/a", {"x": ids[2], "y": ids[2]})])
    told = json.loads(read_cassette(path).exchanges[0].body)
    assert told["x"] == told["y"]
    write_cassette(path, [exchange("/a", {"x": ids[2], "y": ids[3]})])
    told = json.loads(read_cassette(path).exchanges[0].body)
    assert told["x"] != told["y"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"due": "2030-01-01T00:00:00Z"}, {"due": "2031-01-01T00:00:00Z"}),
        ({"barcode": 4006381333931}, {"barcode": 4006381333932}),
        ({"price": 1234567890123}, {"price": 1234567890124}),
        ({"n": 1}, {"n": 1.0}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([1, 2, 3], [1, 3]),
        ({"runId": "mine-1"}, {"runId": "mine-2"}),
        ({"duration": 5}, {"duration": 6}),
    ],
)
def test_what_is_no_time_of_the_recording_is_no_noise(tmp_path: Path, before: Any, after: Any) -> None:
    """Values of the caller's that look like times, ids or durations change the file, and are kept as they are."""
    path = tmp_path / "a.yaml"
    write_cassette(path, [exchange("/a", {"at": 1795435200000, "value": before})])
    assert json.loads(read_cassette(path).exchanges[0].body)["value"] == before
    assert write_cassette(path, [exchange("/a", {"at": 1795435200999, "value": after})])
    told = json.loads(read_cassette(path).exchanges[0].body)["value"]
    assert json.dumps(told) == json.dumps(after)


def test_a_status_that_changed_changes_the_file(tmp_path: Path) -> None:
    """What keeps noise out does not keep news out."""
    path = tmp_path / "a.yaml"
    write_cassette(path, [exchange("/api/workflows/w/runs/r", {"status": "success"})])
    assert write_cassette(path, [exchange("/api/workflows/w/runs/r", {"status": "failed"}, status=500)])
    (read,) = read_cassette(path).exchanges
    assert (read.status, json.loads(read.body)) == (500, {"status": "failed"})


def test_what_polls_saw_leads_to_the_last_answer(tmp_path: Path) -> None:
    """A step that had ended says on the way what it says in the end, also if fewer polls saw it this time."""
    path = tmp_path / "a.yaml"
    poll = "/api/workflows/w/runs/r"

    def answers(output: str) -> list[Exchange]:
        step = {"a": {"status": "success", "output": output}}
        return [
            exchange(poll, {"status": "running", "steps": step}),
            exchange(poll, {"status": "success", "steps": step | {"b": {"status": "success"}}}, began=1.0),
        ]

    write_cassette(path, answers("old"))
    write_cassette(path, answers("new")[1:])
    assert [json.loads(one.body)["steps"]["a"]["output"] for one in read_cassette(path).exchanges] == ["new"] * 2
    write_cassette(path, [exchange(poll, {"status": "success", "steps": {"b": {"status": "success"}}})])
    assert [json.loads(one.body)["status"] for one in read_cassette(path).exchanges] == ["success"]


def test_a_suspension_on_the_way_is_no_matter_of_jitter(tmp_path: Path) -> None:
    """Only what passes by itself is seen more or less often; a run that once stopped and now does not is news."""
    path = tmp_path / "a.yaml"
    poll = "/api/workflows/w/runs/r"
    answers = [exchange(poll, {"status": status}, began=at) for at, status in enumerate(["suspended", "success"])]
    write_cassette(path, answers)
    assert write_cassette(path, answers[1:])
    assert [json.loads(one.body)["status"] for one in read_cassette(path).exchanges] == ["success"]


def test_pace_is_that_of_the_first_time(tmp_path: Path) -> None:
    """As long as the chunks are as many."""
    path = tmp_path / "a.yaml"
    made = exchange("/a", chunks=[b'{"n":1}\x1e', b'{"n":2}\x1e'])
    made.arrivals = [0.0, 2.1]
    write_cassette(path, [made])
    made.arrivals = [1.0, 1.0]
    made.chunks[1] = b'{"n":3}\x1e'
    write_cassette(path, [made])
    (read,) = read_cassette(path).exchanges
    assert read.arrivals == [0.0, 2.0]
    assert read.chunks[1] == b'{"n":3}\x1e'


def test_a_clock_of_its_own(tmp_path: Path) -> None:
    """A fake on a socket tells the time of day in its headers, and its own clock's in what it says of steps."""
    path = tmp_path / "a.yaml"
    answer = {"steps": {"a": {"startedAt": 1577836800000, "endedAt": 1577836800250}}, "at": "2020-01-01T00:00:00.100Z"}
    write_cassette(path, [exchange("/a", answer, headers=(JSON, ("Date", "Mon, 23 Nov 2026 12:00:00 GMT")))])
    told = json.loads(read_cassette(path).exchanges[0].body)
    assert told["steps"]["a"] == {"startedAt": 1767225600000, "endedAt": 1767225600250}
    assert told["at"] == "2026-01-01T00:00:00.100Z"


def test_ids_and_times_in_a_query_are_no_noise(tmp_path: Path) -> None:
    """Neither is their coding: a plus and colons, or a space before an id."""
    path = tmp_path / "list.yaml"
    texts = []
    for minute in (10, 40):
        moment = datetime(2026, 11, 23, 12, tzinfo=timezone.utc).replace(minute=minute)
        run = f"a {uuid.uuid4()}"
        since = quote(moment.isoformat())
        said = [
            exchange(f"/api/workflows/w/create-run?runId={quote(run)}", {"runId": run}, method="POST"),
            exchange(f"/api/workflows/w/runs/{quote(run)}", {"runId": run, "status": "success"}),
            exchange(f"/api/workflows/w/runs?fromDate={since}", {"runs": []}),
        ]
        dated = ("Date", format_datetime(moment, usegmt=True))
        write_cassette(path, [replace(one, headers=(JSON, dated)) for one in said])
        texts.append(path.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]

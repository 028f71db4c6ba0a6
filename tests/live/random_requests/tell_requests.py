"""Telling random requests to a real server and to the fake, and what each said."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from tests.conformance.conversation import POLL_INTERVAL, Conversation, Wire
from tests.conformance.transcript import dump
from tests.conformance.transcript_files import diff
from tests.conformance.workflows import fake_server
from tests.live.conformance.real_wire import RealWire
from tests.live.random_graphs.tellings import NO_ANSWER, PatientFake, Transcript
from tests.live.random_requests.write_requests import OTHER_RUN, OWNER, RUN, Asked, write_requests
from tests.live.server import LiveServer

PATIENCE = 3.0
"""Seconds; current servers wait two of them for a run to suspend, nothing else takes a tenth but to wait for ever."""

MOST_POLLS = 100
UNDER_WAY = frozenset({"running", "waiting"})


@dataclass(frozen=True)
class OtherAnswer:
    """Requests that a real server and the fake answer otherwise.

    Attributes:
        seed: What they were made of.
        workflow: What they are about.
        asked: The requests.
        words: How the two transcripts differ.
    """

    seed: str
    workflow: str
    asked: Sequence[Asked]
    words: str

    def report(self) -> str:
        """Return the requests, and how the answers differ."""
        lines = [json.dumps({key: value for key, value in asdict(one).items() if value}) for one in self.asked]
        return "\n".join([f"--- seed {self.seed}: {self.workflow}", *lines, self.words])


class BothServers:
    """A real server and a fake of its generation. Where the real one dies, another takes its place.

    Args:
        start: Starts a real server.

    Attributes:
        deaths: How many have died.
    """

    def __init__(self, start: Callable[[], LiveServer]) -> None:
        self._start = start
        self._real = start()
        self._fake = fake_server(self._real.generation, patience=PATIENCE)
        self.deaths = 0

    def other_answers(self, seeds: Iterator[str]) -> Iterator[OtherAnswer]:
        """Tell requests for each seed; give those that are answered otherwise.

        What the real server says once so and once otherwise is nothing.
        """
        for seed in seeds:
            workflow, asked = write_requests(Random(seed))
            fake, real = tell(PatientFake(self._fake), asked), self._tell_real(asked)
            if dump(real) != dump(fake) and dump(real) == dump(self._tell_real(asked)):
                yield OtherAnswer(seed, workflow, asked, diff(real, fake))

    def _tell_real(self, asked: Sequence[Asked]) -> Transcript:
        said = tell(RealWire(self._real, PATIENCE), asked)
        if not self._real.is_running:
            self.deaths += 1
            self._real = self._start()
            said.append({"ended": "the server died"})
        return said


def tell(wire: Wire, asked: Sequence[Asked]) -> Transcript:
    """Return what a server says to requests, and how the run stands then."""
    ids = {name: str(uuid.uuid4()) for name in (RUN, OTHER_RUN, OWNER)}
    with Conversation(wire) as conversation:
        ended: list[Any] = []
        try:
            for request in asked:
                _ask(conversation, request, ids)
        except NO_ANSWER:
            ended = [{"ended": "no answer"}]
        except ConnectionError as error:
            ended = [{"ended": type(error).__name__}]
    return [*conversation.transcript.as_json(), *ended]


def _ask(conversation: Conversation, request: Asked, ids: dict[str, str]) -> None:
    path, body = request.path, json.dumps(request.body)
    for name, id_ in ids.items():
        path, body = path.replace(name, id_), body.replace(name, id_)
    raw = None if request.text is None else request.text.encode("utf-8", "surrogatepass")
    answer = conversation.call(request.method, path, json.loads(body), raw=raw, content_type=request.content_type)
    if request.settles and answer.status == 200:
        run = f"{path.rpartition('/')[0]}/runs/{ids[RUN]}"
        for _ in range(MOST_POLLS):
            told = conversation.call_unrecorded("GET", run).json()
            if (told.get("status") or told.get("snapshot", {}).get("status")) not in UNDER_WAY:
                break
            time.sleep(POLL_INTERVAL)

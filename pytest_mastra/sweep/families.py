"""What may go wrong with a request: the families of faults that a sweep tries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.api import fault_effects
from pytest_mastra.fake.api.fault import Handle
from pytest_mastra.fake.api.fault_effects import OnFired, Position
from pytest_mastra.http.wire import Cut, Pause, WireReply
from pytest_mastra.sweep.killed import Killed
from pytest_mastra.text.values import counted

SILENCE_SECONDS = 600.0
"""How long a server says nothing: longer than any timeout that is meant, and not for ever."""

DEAD_SECONDS = 2.0
"""How long a server is dead."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """One request that meets a fault.

    Attributes:
        handle: Has the request take effect, and returns its reply.
        on_fired: To be called when the fault comes about.
        server: The fake that is asked; None for a live server.
        begin: Has the request take effect as far as its run being at work.
        on_away: To be called when the server cannot be reached any more.
        at: After how many events of a stream; None for the request as a whole.
    """

    handle: Handle
    on_fired: OnFired
    server: Any
    begin: Callable[[], None]
    on_away: Callable[[], None]
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of fault.

    Attributes:
        name: By which points and markers name it.
        title: What has happened, in words that stand after a request.
        meet: Makes the reply to a request that meets it.
        has_borders: Whether it may also happen between two events of a stream.
        ends_script: Whether the script is over by it: it is then run again.
        in_process_only: Whether only requests of this process can meet it.
        is_quick: Whether it belongs to the few that a quick sweep tries.
        by_name_only: Whether it is tried only where a marker names it.
        not_on_live: Why it cannot come about on a live server; empty if it can.
        needs_run: Whether only a request can meet it that has a run executed.
        holds_run: Whether the run is still at work when the script looks at it next.
        restarts_runs: Whether a server that has died of it restarts its active runs when it is back, as deployments do.
    """

    name: str
    title: str
    meet: Callable[[Meeting], WireReply]
    has_borders: bool = False
    ends_script: bool = False
    in_process_only: bool = False
    is_quick: bool = False
    by_name_only: bool = False
    not_on_live: str = ""
    needs_run: bool = False
    holds_run: bool = False
    restarts_runs: bool = False

    def title_at(self, at: int | None) -> str:
        """Return what has happened, with its place in a stream."""
        return self.title if at is None else f"{self.title}, after {counted(at, 'event')}"


def _lose(meeting: Meeting) -> WireReply:
    if meeting.at is not None:
        reply = meeting.handle()
        place = Position(None, meeting.at)
        return fault_effects.broken_off(reply, place, Cut.RESET, meeting.on_fired) if place.fits(reply) else reply
    meeting.handle().close()
    meeting.on_fired()
    return fault_effects.silence(Cut.RESET)


def _cut(meeting: Meeting) -> WireReply:
    """Have half of an answer arrive; of a stream, one event."""
    reply = meeting.handle()
    place = Position(len(reply.body) // 2) if isinstance(reply.body, bytes) else Position(None, 1)
    return fault_effects.broken_off(reply, place, Cut.RESET, meeting.on_fired)


def _refuse(meeting: Meeting) -> WireReply:
    meeting.on_fired()
    return fault_effects.refusal(503, None, retry_after=None, html=True)


def _say_nothing(meeting: Meeting) -> WireReply:
    pause = Pause(SILENCE_SECONDS, meeting.server.clock)
    return fault_effects.stalled(meeting.handle(), Position(), pause, meeting.on_fired)


def _answer_nonsense(meeting: Meeting) -> WireReply:
    meeting.handle().close()
    meeting.on_fired()
    page = fault_effects.refusal(502, None, retry_after=None, html=True)
    return replace(page, status=200)


def _kill_before(meeting: Meeting) -> WireReply:
    meeting.on_fired()
    raise Killed


def _kill_at_work(meeting: Meeting) -> WireReply:
    meeting.begin()
    meeting.on_fired()
    raise Killed


def _time_out(meeting: Meeting) -> WireReply:
    meeting.begin()
    meeting.on_fired()
    return fault_effects.refusal(504, None, retry_after=None, html=True)


def _be_away(meeting: Meeting) -> WireReply:
    meeting.begin()
    meeting.on_fired()
    meeting.on_away()
    return fault_effects.silence(Cut.RESET)


def _kill_after(meeting: Meeting) -> WireReply:
    if meeting.at is not None:
        reply = meeting.handle()
        return replace(reply, body=_KillingBody(reply, meeting.at, meeting.on_fired)) if reply.is_stream else reply
    meeting.handle().close()
    meeting.on_fired()
    raise Killed


def _die(meeting: Meeting) -> WireReply:
    """Have the server die in the first step that is executed, or after none."""
    server = meeting.server
    has_died: list[bool] = []

    def die(*_: str) -> None:
        if not has_died:
            has_died.append(True)
            meeting.on_fired()
            server.die(back_after=DEAD_SECONDS)

    if meeting.at is not None:
        reply, place = meeting.handle(), Position(None, meeting.at)
        return fault_effects.broken_off(reply, place, Cut.RESET, die) if place.fits(reply) else reply
    server.state.on_executed.append(die)
    try:
        reply = meeting.handle()
    finally:
        server.state.on_executed.remove(die)
    if has_died:
        return reply
    reply.close()
    die()
    return fault_effects.silence(Cut.RESET)


def _deliver_twice(meeting: Meeting) -> WireReply:
    meeting.handle().close()
    meeting.on_fired()
    return meeting.handle()


class _KillingBody:
    """A stream's body at whose border the script ends."""

    def __init__(self, reply: WireReply, border: int, on_fired: OnFired) -> None:
        self._reply = reply
        self._chunks = iter(()) if isinstance(reply.body, bytes) else iter(reply.body)
        self._border = border
        self._on_fired = on_fired

    def __iter__(self) -> Iterator[bytes]:
        count = 0
        while count < self._border:
            chunk = next(self._chunks, None)
            if chunk is None:
                return
            yield chunk
            count += chunk.count(fault_effects.SEPARATOR)
        self.close()
        self._on_fired()
        raise Killed

    def close(self) -> None:
        self._reply.close()


_NOT_OURS = "the server is not the sweep's to kill"

FAMILIES = {
    family.name: family
    for family in (
        Family("lost", "its answer was lost, after it took effect", _lose, has_borders=True, is_quick=True),
        Family("refused", "it was refused with 503, before it took effect", _refuse),
        Family(
            "silence",
            "it took effect, and no answer came for ten minutes",
            _say_nothing,
            in_process_only=True,
            not_on_live="a script would wait in real time, and to the server it is what lost is",
        ),
        Family("nonsense", "it took effect, and a page of HTML was answered", _answer_nonsense),
        Family(
            "timed_out",
            "a gateway answered 504 while its run was still at work",
            _time_out,
            needs_run=True,
            holds_run=True,
        ),
        Family("cut", "its answer was cut half way", _cut, by_name_only=True),
        Family(
            "killed_before",
            "the script was killed before it",
            _kill_before,
            ends_script=True,
        ),
        Family(
            "killed_after",
            "the script was killed after it took effect",
            _kill_after,
            has_borders=True,
            ends_script=True,
            is_quick=True,
        ),
        Family(
            "killed_at_work",
            "the script was killed while its run was at work",
            _kill_at_work,
            ends_script=True,
            needs_run=True,
            holds_run=True,
        ),
        Family(
            "server_died",
            "the server died in it; back after two seconds, it restarted its active runs",
            _die,
            has_borders=True,
            restarts_runs=True,
            not_on_live=_NOT_OURS,
        ),
        Family(
            "server_died_for_good",
            "the server died in it; back after two seconds, it left its active runs as they were",
            _die,
            has_borders=True,
            by_name_only=True,
            not_on_live=_NOT_OURS,
        ),
        Family(
            "unreachable",
            "its run was begun, and then the server could not be reached",
            _be_away,
            holds_run=True,
            needs_run=True,
        ),
        Family("delivered_twice", "it was delivered twice", _deliver_twice, by_name_only=True),
    )
}
"""All families, by name, in the order in which they are tried."""

GROUPS: dict[str, tuple[str, ...]] = {
    "all": tuple(name for name, family in FAMILIES.items() if not family.by_name_only),
    "killed": ("killed_before", "killed_after", "killed_at_work"),
}
"""Names for several families."""


ALL_ON_LIVE = tuple(
    name
    for name, family in FAMILIES.items()
    if not family.not_on_live and (name in GROUPS["all"] or family.name == "cut")
)
"""The families that are tried on a live server where a marker does not choose."""


def families_named(names: str | Iterable[str], *, on_live: bool = False) -> tuple[Family, ...]:
    """Return families by their names, or by those of groups, each once.

    Args:
        names: As markers give them.
        on_live: Whether the server is a live one: only what can come about there is returned then.

    Raises:
        ValueError: There is no such family, or none that can come about; says which there are.
    """
    given = [names] if isinstance(names, str) else list(names)
    groups = {**GROUPS, "all": ALL_ON_LIVE} if on_live else GROUPS
    named = {name: check_family(name) for one in given for name in groups.get(one, (one,))}
    chosen = {name: family for name, family in named.items() if not (on_live and family.not_on_live)}
    if named and not chosen:
        raise ValueError("; ".join(map(explain_not_on_live, named.values())))
    return tuple(family for name, family in FAMILIES.items() if name in chosen)


def explain_not_on_live(family: Family) -> str:
    """Return why a family cannot come about on a live server, and which ones can."""
    there = ", ".join(name for name, one in FAMILIES.items() if not one.not_on_live)
    return f"{family.name} cannot come about on a live server: {family.not_on_live}. There are {there}"


def check_family(name: str) -> Family:
    """Return the family of a name.

    Raises:
        ValueError: There is none; says which may be meant.
    """
    if name not in FAMILIES:
        known = (*FAMILIES, *GROUPS)
        hint = did_you_mean(nearest_name(str(name), known), before="", after=" ")
        raise ValueError(f"no fault {name!r}: {hint}there are {', '.join(known)}")
    return FAMILIES[name]

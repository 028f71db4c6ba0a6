"""Exchanges by the run that they are about. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pytest_mastra.http.bodies import reply_json, request_json
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.verbs import Effect

Key = TypeVar("Key", bound=Hashable)


@dataclass(eq=False)
class RunExchanges:
    """The exchanges of one run.

    Attributes:
        workflow: The run's workflow, as the requests name it.
        run_id: Its id; None if neither request nor answer says it.
        number: Which of its workflow's runs it is, in the order in which they were first named, from 1.
        exchanges: In their order.
    """

    workflow: str
    run_id: str | None
    number: int
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What people call the run."""
        return f"{self.workflow}, run {self.number}"

    @property
    def started_with(self) -> Any:
        """The body of the request that started the run first; None if it was not started."""
        starts = (exchange for exchange in self.exchanges if exchange.call.row.effect is Effect.START)
        return next((request_json(exchange, or_text=True) for exchange in starts), None)


@dataclass(eq=False)
class ExchangesByRun:
    """Exchanges, by run.

    Attributes:
        runs: In the order in which they were first named.
        others: Exchanges that name no run.
    """

    runs: list[RunExchanges] = field(default_factory=list)
    others: list[Exchange] = field(default_factory=list)


def group_by_run(exchanges: Iterable[Exchange]) -> ExchangesByRun:
    """Return exchanges by run; a refused request to begin one is a run without id."""
    grouped = ExchangesByRun()
    counts: dict[str, int] = {}
    for key, members in group_exchanges(exchanges, workflow_and_run):
        call = members[0].call
        if call.workflow is None or not (call.run or call.row.begins_run):
            grouped.others += members
            continue
        counts[call.workflow] = counts.get(call.workflow, 0) + 1
        run_id = key[1] if key is not None else None
        grouped.runs.append(RunExchanges(call.workflow, run_id, counts[call.workflow], members))
    return grouped


def group_exchanges(
    exchanges: Iterable[Exchange],
    key_of: Callable[[Exchange], Key | None],
    *,
    joins_lone_run: Callable[[Exchange], bool] = lambda exchange: False,  # noqa: ARG005 -- it is called so
) -> list[tuple[Key | None, list[Exchange]]]:
    """Return exchanges in groups, in the order in which the groups begin.

    Args:
        exchanges: In their order.
        key_of: What the exchanges of a group have in common; one that has None is a group by itself.
        joins_lone_run: Which exchanges with None join a group that is the only one under way there: begun before, and
            going on after.
    """
    keyed = [(exchange, key_of(exchange)) for exchange in exchanges]
    last = {key: index for index, (_, key) in enumerate(keyed)}
    under_way: list[Key] = []
    by_key: dict[Key, list[Exchange]] = {}
    groups: list[tuple[Key | None, list[Exchange]]] = []
    for index, (exchange, own) in enumerate(keyed):
        joins = own is None and len(under_way) == 1 and joins_lone_run(exchange)
        key = under_way[0] if joins else own
        members = by_key.get(key) if key is not None else None
        if members is None:
            members = []
            groups.append((key, members))
            if key is not None:
                by_key[key] = members
                under_way.append(key)
        members.append(exchange)
        if own is not None and last[own] == index:
            under_way.remove(own)
    return groups


def workflow_and_run(exchange: Exchange) -> tuple[str, str] | None:
    """Return the workflow, as the request names it, and the run that an exchange is about."""
    run_id, workflow = run_of(exchange), exchange.call.workflow
    return (workflow, run_id) if workflow is not None and run_id is not None else None


def run_of(exchange: Exchange) -> str | None:
    """Return the id of the run that an exchange is about, if there is one."""
    return exchange.call.run or answered_run_id(exchange)


def answered_run_id(exchange: Exchange) -> str | None:
    """Return the id that a server answers to a request that creates or starts a run."""
    if not exchange.call.row.begins_run:
        return None
    answer = reply_json(exchange)
    run_id = answer.get("runId") if isinstance(answer, dict) else None
    return run_id if isinstance(run_id, str) and run_id else None

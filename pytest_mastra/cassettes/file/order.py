"""The order of a recording: run by run, whatever threads sent when. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pytest_mastra.cassettes.file.stable_ids import mask_ids_and_times
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.exchanges_by_run import group_exchanges, workflow_and_run
from pytest_mastra.http.verbs import Kind


@dataclass(eq=False)
class ExchangeGroup:
    """The exchanges of one run; or one exchange that is about no run.

    Attributes:
        exchanges: In causal order.
    """

    exchanges: list[Exchange]

    @cached_property
    def requests(self) -> tuple[str, ...]:
        """Its requests without ids and times: the same in another recording of the same behaviour."""
        moves = [exchange for exchange in self.exchanges if not exchange.call.row.polls_run] or self.exchanges[:1]
        return tuple(masked_request(exchange) for exchange in moves)

    @property
    def began(self) -> float:
        """When its first request was sent."""
        return min(exchange.began for exchange in self.exchanges)

    @property
    def ended(self) -> float:
        """When its last reply was there."""
        return max(exchange.began + max(exchange.arrivals, default=0.0) for exchange in self.exchanges)


def order_by_run(exchanges: Iterable[Exchange], *, like: Sequence[Exchange]) -> list[Exchange]:
    """Return exchanges run by run, of equal answers to one poll only the last.

    Runs that went on at the same time stand in the order of what they ask, so that it does not matter which was first;
    runs that stood in the recording before keep their order.

    Args:
        exchanges: In the order in which they were sent.
        like: The recording before, in its order.
    """
    before = [group.requests for group in group_for_order(like)]
    groups = _order_like(_order_by_time(group_for_order(exchanges)), before)
    ordered = [exchange for group in groups for exchange in _drop_repeated_answers(group.exchanges)]
    return [replace(exchange, number=number) for number, exchange in enumerate(ordered)]


def group_for_order(exchanges: Iterable[Exchange]) -> list[ExchangeGroup]:
    """Return exchanges by their run, in the order in which the runs are first named.

    What is about no run stands alone; but where only one run is under way, among its calls: a list of runs tells of it
    as it stood there.
    """
    groups = group_exchanges(
        exchanges, workflow_and_run, joins_lone_run=lambda exchange: exchange.call.row.kind is not Kind.FIXED
    )
    return [ExchangeGroup(members) for _, members in groups]


def split_at_moves(exchanges: Iterable[Exchange]) -> list[tuple[Exchange | None, dict[str, list[Exchange]]]]:
    """Return a run's moves, each with the polls that follow it; the first is None.

    The polls are grouped by what they ask.
    """
    parts: list[tuple[Exchange | None, dict[str, list[Exchange]]]] = [(None, {})]
    for exchange in exchanges:
        if exchange.call.row.polls_run:
            parts[-1][1].setdefault(masked_request(exchange), []).append(exchange)
        else:
            parts.append((exchange, {}))
    return parts


def masked_request(exchange: Exchange) -> str:
    """Return an exchange's request, without ids and times."""
    request = exchange.request
    return mask_ids_and_times(f"{request.method} {request.target}\n{request.body.decode('latin-1')}")


def masked_reply(exchange: Exchange) -> str:
    """Return an exchange's reply, without ids and times."""
    return mask_ids_and_times(f"{exchange.status} {exchange.ending.value}\n{exchange.body.decode('latin-1')}")


def _order_by_time(groups: Sequence[ExchangeGroup]) -> list[ExchangeGroup]:
    ordered: list[ExchangeGroup] = []
    together: list[ExchangeGroup] = []
    until = 0.0
    for group in sorted(groups, key=lambda group: group.began):
        if together and group.began >= until:
            ordered += sorted(together, key=_order_among_concurrent)
            together = []
        together.append(group)
        until = group.ended if len(together) == 1 else max(until, group.ended)
    return ordered + sorted(together, key=_order_among_concurrent)


def _order_among_concurrent(group: ExchangeGroup) -> tuple[bool, tuple[str, ...]]:
    """Return what groups that went on at once are sorted by.

    What is about no run comes last, for it may tell of the others.
    """
    return all(workflow_and_run(exchange) is None for exchange in group.exchanges), group.requests


def _order_like(groups: Sequence[ExchangeGroup], before: Sequence[tuple[str, ...]]) -> list[ExchangeGroup]:
    """Return groups in the order of those before; a new one keeps its predecessor."""
    indexes: dict[tuple[str, ...], list[int]] = {}
    for index, requests in enumerate(before):
        indexes.setdefault(requests, []).append(index)
    known: dict[int, ExchangeGroup] = {}
    followers: dict[int, list[ExchangeGroup]] = {-1: []}
    last = -1
    for group in groups:
        candidates = indexes.get(group.requests)
        if candidates:
            last = candidates.pop(0)
            known[last] = group
            followers[last] = []
        else:
            followers[last].append(group)
    ordered = followers[-1]
    for index in sorted(known):
        ordered += [known[index], *followers[index]]
    return ordered


def _drop_repeated_answers(exchanges: Iterable[Exchange]) -> Iterable[Exchange]:
    """Give a run's exchanges; of equal answers in a row to one poll the last."""
    for move, polls_by_request in split_at_moves(exchanges):
        if move is not None:
            yield move
        for polls in polls_by_request.values():
            for poll, following in zip(polls, [*polls[1:], None], strict=True):
                if following is None or masked_reply(poll) != masked_reply(following):
                    yield poll

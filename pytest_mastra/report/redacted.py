"""What of a scene may be shown and kept: its runs and exchanges without secrets."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_mastra.http.content_coding import UnknownCoding
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.scrubber import Scrubber
from pytest_mastra.run_history.runs import TouchedRun, result_of, touched_runs

if TYPE_CHECKING:
    from pytest_mastra.suite.scene import Scene


@dataclass(frozen=True, slots=True)
class Clean:
    """A scene without secrets.

    Attributes:
        runs: What the test touched; their exchanges are those below.
        exchanges: In their order; bodies without content coding.
        scrubber: Knows the secrets that were there.
    """

    runs: list[TouchedRun]
    exchanges: list[Exchange]
    scrubber: Scrubber


def clean(scene: Scene, scrubber: Scrubber) -> Clean:
    """Return what of a scene may be shown.

    Args:
        scene: The scene.
        scrubber: Takes the secrets out, having learned from the scene's exchanges.
    """
    touched = touched_runs(scene)
    for run in touched:
        _learn_data([run.account, run.events], scrubber)
    exchanges = {exchange.number: _clean_exchange(exchange, scrubber) for exchange in scene.log}
    runs = [_clean_run(run, exchanges, scrubber) for run in touched]
    return Clean(runs, list(exchanges.values()), scrubber)


def _learn_data(value: Any, scrubber: Scrubber) -> None:
    """Have a scrubber learn from what a fake told nobody."""
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        scrubber.learn(Exchange(-1, "", WireRequest("GET", "/"), 0.0, chunks=[body]))


def _clean_run(run: TouchedRun, exchanges: dict[int, Exchange], scrubber: Scrubber) -> TouchedRun:
    account = scrubber.data(run.account)
    workflow_id, run_id = scrubber.text(run.workflow_id), scrubber.text(run.run_id)
    return TouchedRun(
        workflow_id,
        run_id,
        scrubber.text(run.status),
        None if run.result is None else result_of(account, workflow_id, run_id),
        [scrubber.data(event) for event in run.events],
        [exchanges[exchange.number] for exchange in run.exchanges if exchange.number in exchanges],
        scrubber.data(run.input_data),
        list(run.arrivals),
        account,
    )


def _clean_exchange(exchange: Exchange, scrubber: Scrubber) -> Exchange:
    try:
        return scrubber.exchange(exchange)
    except UnknownCoding as error:
        # whatever stands in it, nobody here can look for secrets in it
        headers = tuple(item for item in exchange.headers if item[0].lower() != "content-encoding")
        bare = replace(exchange, headers=headers, chunks=[], arrivals=[])
        return replace(scrubber.exchange(bare), failure=f"its body is left out: {error}", _call=None)

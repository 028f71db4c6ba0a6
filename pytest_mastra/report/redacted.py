"""What may be shown and kept: a scene's runs and exchanges, and failures, without secrets."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_mastra.http.content_coding import UnknownCoding
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.scrubber import Scrubber
from pytest_mastra.run_history.runs import TouchedRun, graph_in, result_of, touched_runs

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.suite.scene import Scene

_FAILURE = "E   "
"""What pytest begins the lines with that are not source."""


@dataclass(frozen=True, slots=True)
class RedactedScene:
    """A scene without secrets.

    Attributes:
        runs: What the test touched; their exchanges are those below.
        exchanges: In their order; bodies without content coding.
        scrubber: Knows the secrets that were there.
    """

    runs: list[TouchedRun]
    exchanges: list[Exchange]
    scrubber: Scrubber


def redact_scene(scene: Scene, scrubber: Scrubber) -> RedactedScene:
    """Return what of a scene may be shown.

    Args:
        scene: The scene.
        scrubber: Takes the secrets out, having learned from the scene's exchanges.
    """
    touched = touched_runs(scene)
    for run in touched:
        _learn_from([run.last_state, run.events], scrubber)
    exchanges = {exchange.number: _redact_exchange(exchange, scrubber) for exchange in scene.log}
    runs = [_redact_run(run, exchanges, scrubber) for run in touched]
    return RedactedScene(runs, list(exchanges.values()), scrubber)


def _learn_from(value: Any, scrubber: Scrubber) -> None:
    """Have a scrubber learn also from what no exchange has: what a fake told nobody."""
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        scrubber.learn(Exchange(-1, "", WireRequest("GET", "/"), 0.0, chunks=[body]))


def _redact_run(run: TouchedRun, exchanges: dict[int, Exchange], scrubber: Scrubber) -> TouchedRun:
    state = scrubber.data(run.last_state)
    workflow_id, run_id = scrubber.text(run.workflow_id), scrubber.text(run.run_id)
    return TouchedRun(
        workflow_id,
        run_id,
        scrubber.text(run.status),
        None if run.result is None else result_of(state, workflow_id, run_id, graph_in(run.exchanges)),
        [scrubber.data(event) for event in run.events],
        [exchanges[exchange.number] for exchange in run.exchanges if exchange.number in exchanges],
        scrubber.data(run.input_data),
        list(run.arrivals),
        state,
    )


def _redact_exchange(exchange: Exchange, scrubber: Scrubber) -> Exchange:
    try:
        return scrubber.exchange(exchange)
    except UnknownCoding as error:
        # whatever stands in it, nobody here can look for secrets in it
        headers = tuple(item for item in exchange.headers if item[0].lower() != "content-encoding")
        bare = replace(exchange, headers=headers, chunks=[], arrivals=[])
        return replace(scrubber.exchange(bare), failure=f"its body is left out: {error}", _call=None)


def redact_failure(report: pytest.TestReport, scrubber: Scrubber) -> None:
    """Take secrets out of what pytest itself says of a failure.

    They may stand in values beside a failed assertion, or in arguments of what raised. Lines of source stay as they are
    written.

    Args:
        report: Of a failed test; is changed.
        scrubber: Knows the secrets.
    """
    shown: Any = report.longrepr
    last = (getattr(shown, "reprtraceback", None), getattr(shown, "reprcrash", None), None)
    for traceback, crash, _ in getattr(shown, "chain", None) or [last]:
        if crash is not None:
            crash.message = scrubber.text(crash.message)
        for entry in getattr(traceback, "reprentries", []):
            _redact_entry(entry, scrubber)


def _redact_entry(entry: Any, scrubber: Scrubber) -> None:
    is_source = entry.style in ("long", "short")
    entry.lines = [line if is_source and not line.startswith(_FAILURE) else scrubber.text(line) for line in entry.lines]
    arguments = getattr(entry, "reprfuncargs", None)
    if arguments is not None:
        arguments.args = [(name, scrubber.text(value)) for name, value in arguments.args]
    variables = getattr(entry, "reprlocals", None)
    if variables is not None:
        variables.lines = [scrubber.text(line) for line in variables.lines]

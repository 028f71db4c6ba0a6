"""What may be shown and kept without secrets: a scene's runs and exchanges, reports, warnings."""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.engine.walks import Retry
from pytest_mastra.http.content_coding import UnknownCoding
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.scrubber import Scrubber
from pytest_mastra.run_history.runs import TouchedRun, touched_runs

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.suite.scene import Scene

_FAILURE = "E   "
"""What pytest begins the lines with that are not source."""

_CODING = "content-encoding"
_WITHHELD = "mastra: left out, for secrets could not be taken out of it"


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


def leave_scene(scene: Scene, scrubber: Scrubber) -> RedactedScene | None:
    """Return a scene as it is; None if secrets surely stand around its bodies.

    Most tests have no secrets: who makes a text of it can have it looked through as one.

    Args:
        scene: The scene.
        scrubber: Has learned from the scene's exchanges.
    """
    exchanges = list(scene.log)
    heads = {head for exchange in exchanges for head in (*exchange.request.headers.items(), *exchange.headers)}
    # a coded body cannot be read as it is, nor can a header that may be UTF-8
    if any(name in scrubber.names or name.lower() == _CODING or not value.isascii() for name, value in heads):
        return None
    return RedactedScene(touched_runs(scene), exchanges, scrubber)


def _learn_from(value: Any, scrubber: Scrubber) -> None:
    """Have a scrubber learn also from what no exchange has: what a fake told nobody."""
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        scrubber.learn(Exchange(-1, "", WireRequest("GET", "/"), 0.0, chunks=[body]))


def _redact_run(run: TouchedRun, exchanges: dict[int, Exchange], scrubber: Scrubber) -> TouchedRun:
    state = _redact_value(run.last_state, scrubber)
    return TouchedRun(
        scrubber.text(run.workflow_id),
        scrubber.text(run.run_id),
        scrubber.text(run.status),
        events=_redact_value(run.events, scrubber),
        exchanges=[exchanges[exchange.number] for exchange in run.exchanges if exchange.number in exchanges],
        input_data=_redact_value(run.input_data, scrubber),
        arrivals=list(run.arrivals),
        last_state=state,
        holds=[scrubber.text(words) for words in run.holds],
        retries=[
            Retry(scrubber.text(retry.step), retry.at, _redact_value(retry.error, scrubber)) for retry in run.retries
        ],
    )


def _redact_value(value: Any, scrubber: Scrubber) -> Any:
    """Return a JSON value without secrets: itself, if it surely has none."""
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        if scrubber.is_clean(json.dumps(value, ensure_ascii=False)):
            return value
    return scrubber.data(value)


def _redact_exchange(exchange: Exchange, scrubber: Scrubber) -> Exchange:
    try:
        return scrubber.exchange(exchange)
    except UnknownCoding as error:
        # whatever stands in it, nobody here can look for secrets in it
        headers = tuple(item for item in exchange.headers if item[0].lower() != "content-encoding")
        bare = replace(exchange, headers=headers, chunks=[], arrivals=[])
        return replace(scrubber.exchange(bare), failure=f"its body is left out: {error}", _call=None)


def redact_report(report: pytest.TestReport, scrubber: Scrubber) -> None:
    """Take secrets out of all that pytest itself says of a test.

    Of a failure: messages, values beside a failed assertion, arguments, local variables; lines of source stay as they
    are written. Of any test: what it printed and logged, the reason of a skip, properties.

    Args:
        report: Of one phase of a test; is changed.
        scrubber: Knows the secrets.
    """
    report.sections = [(scrubber.text(title), scrubber.text(content)) for title, content in report.sections]
    report.user_properties = redact_properties(report.user_properties, scrubber)
    reason = getattr(report, "wasxfail", None)
    if isinstance(reason, str):
        report.wasxfail = scrubber.text(reason)
    shown: Any = report.longrepr
    if isinstance(shown, str):
        report.longrepr = scrubber.text(shown)
    elif isinstance(shown, tuple):
        path, line, why = shown
        report.longrepr = (path, line, scrubber.text(why))
    elif shown is not None:
        _redact_traceback(shown, scrubber)


def withhold_report(
    report: pytest.TestReport, failure: pytest.ExceptionInfo[BaseException] | None, problem: str
) -> None:
    """Leave out what pytest says of a test, whose secrets could not be taken out.

    Args:
        report: Of one phase of a test; is changed.
        failure: What was raised in it; its class and place are told.
        problem: What went wrong, and where.
    """
    said = [
        f"mastra: what pytest has to say is left out, for secrets could not be taken out of it: {problem}.",
        "Please report that as a defect of pytest_mastra. To see all, secrets too: -p no:mastra-reporting.",
    ]
    if failure is not None:
        last = failure.traceback[-1]
        said.insert(0, f"{failure.typename} at {last.path}:{last.lineno + 1}")
    report.sections = [("mastra: not shown", "\n".join(said[-2:]))]
    report.user_properties = []
    if hasattr(report, "wasxfail"):
        report.wasxfail = ""
    if isinstance(report.longrepr, tuple):
        path, line, _ = report.longrepr
        report.longrepr = (path, line, said[-2])
    elif report.longrepr is not None:
        report.longrepr = "\n".join(said)


def redact_properties(properties: Iterable[tuple[str, object]], scrubber: Scrubber) -> list[tuple[str, object]]:
    """Return a test's properties, which a junit file has, without secrets."""
    return [(name, scrubber.data({name: value})[name]) for name, value in properties]


def _redact_traceback(shown: Any, scrubber: Scrubber) -> None:
    last = (getattr(shown, "reprtraceback", None), getattr(shown, "reprcrash", None), None)
    for traceback, crash, _ in getattr(shown, "chain", None) or [last]:
        if crash is not None:
            crash.message = scrubber.text(crash.message)
        for entry in getattr(traceback, "reprentries", []):
            _redact_entry(entry, scrubber)
    sections = getattr(shown, "sections", None)
    if sections:
        sections[:] = [(name, scrubber.text(content), mark) for name, content, mark in sections]


def _redact_entry(entry: Any, scrubber: Scrubber) -> None:
    is_source = getattr(entry, "style", "value") in ("long", "short")
    if getattr(entry, "style", "value") == "native":
        # Python's own lines, each with its end
        entry.lines = [scrubber.text("".join(entry.lines))]
    else:
        entry.lines = list(_redact_lines(entry.lines, scrubber, is_source=is_source))
    arguments = getattr(entry, "reprfuncargs", None)
    if arguments is not None:
        arguments.args = [(name, _redact_variable(name, value, scrubber)) for name, value in arguments.args]
    variables = getattr(entry, "reprlocals", None)
    if variables is not None:
        variables.lines = scrubber.text("\n".join(variables.lines)).split("\n")


def _redact_lines(lines: Iterable[str], scrubber: Scrubber, *, is_source: bool) -> Iterator[str]:
    """Give lines without secrets; lines of source as they are.

    A secret may go over several of them.
    """
    for is_kept, block in groupby(lines, lambda line: is_source and not line.startswith(_FAILURE)):
        if is_kept:
            yield from block
        else:
            yield from scrubber.text("\n".join(block)).split("\n")


def _redact_variable(name: str, value: str, scrubber: Scrubber) -> str:
    """Return what is shown of an argument, which may be called like a secret."""
    mark = f"{name}="
    return scrubber.text(f"{mark}{value}").removeprefix(mark)


def redact_warning(warning: warnings.WarningMessage, scrubber: Scrubber | None) -> None:
    """Take secrets out of a warning; the line of source that it came from stays.

    Args:
        warning: As Python's `warnings` has recorded it; is changed.
        scrubber: Knows the secrets; None if they could not be learned.
    """
    said = str(warning.message)
    try:
        clean = _WITHHELD if scrubber is None else scrubber.text(said)
    except Exception:  # noqa: BLE001 -- whatever it was, what was said may hold secrets
        clean = _WITHHELD
    if clean != said:
        # the category is kept beside it
        warning.message = Warning(clean)

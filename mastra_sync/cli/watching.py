"""Watching a run that somebody else moves on, by its events and by polls."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from mastra_sync import errors
from mastra_sync.cli.displays import Display, JsonLines, display_for
from mastra_sync.cli.exits import Exit
from mastra_sync.cli.following import WatchOptions, connect
from mastra_sync.cli.outcome import ADVICE_INDENT, conclude
from mastra_sync.cli.polled_steps import PolledSteps
from mastra_sync.cli.server import PROGRAM, Server
from mastra_sync.deadline import Deadline, seconds_of
from mastra_sync.partial_ends import EndGrace
from mastra_sync.statuses import ACTIVE
from mastra_sync.terminal.writing import complain, print_json, printable
from mastra_sync.waiting import next_pause

if TYPE_CHECKING:
    from mastra_sync.models import RunResult
    from mastra_sync.run import Run

LONGEST_PAUSE = 2.0
"""Seconds between two polls, however long it has taken: somebody is looking."""


def watch_run(server: Server, workflow_id: str, run_id: str, watching: WatchOptions) -> Exit:
    """Show what a run does until it has ended, whoever answers what it asks meanwhile."""
    with connect(server, workflow_id, run_id) as attempt:
        workflow = attempt.client.get_workflow(workflow_id)
        run = workflow.get_run(run_id)
        run.result()
        attempt.has_begun = True
        shown = _Shown(run, attempt.client.base_url, watching)
        return conclude(shown.until_finished(), workflow, run, server, shown.output)


def restart_run(server: Server, workflow_id: str, run_id: str, options: dict[str, Any], watching: WatchOptions) -> Exit:
    """Have a run executed again from its active step, and show it."""
    with connect(server, workflow_id, run_id) as attempt:
        workflow = attempt.client.get_workflow(workflow_id)
        run = workflow.get_run(run_id)
        run.restart(**options)
        attempt.has_begun = True
        shown = _Shown(run, attempt.client.base_url, watching)
        return conclude(shown.until_settled(), workflow, run, server, shown.output)


def restart_all(server: Server, workflow_id: str, *, as_json: bool) -> Exit:
    """Have all active runs of a workflow executed again from where they are, and say which."""
    with connect(server, workflow_id) as attempt:
        workflow = attempt.client.get_workflow(workflow_id)
        # what the server says is the same if there is nothing to restart
        active = [run.run_id for status in sorted(ACTIVE) for run in workflow.iter_runs(status=status) if run.run_id]
        message = workflow.restart_all_active()
        if as_json:
            print_json({"workflow": workflow_id, "message": message, "runs": active})
        elif active:
            lines = [
                f"restarted {len(active)} of {printable(workflow_id)!r}:",
                *(ADVICE_INDENT + printable(run_id) for run_id in active),
            ]
            complain("\n".join(lines))
        else:
            complain(f"{PROGRAM}: no run of {printable(workflow_id)!r} is running or waiting; nothing was restarted")
        return Exit.SUCCESS


class _Shown:
    """A run that is shown.

    Attributes:
        output: What is to be printed of it at the end, as `conclude` takes it.
    """

    def __init__(self, run: Run, base_url: str, watching: WatchOptions) -> None:
        self._run = run
        self._deadline: Deadline = run.api.deadline(seconds_of(watching.timeout, "timeout"))
        self._display: Display = display_for(
            run.workflow_id, run.run_id, base_url, quiet=watching.quiet, json_events=watching.json_events
        )
        self._grace = EndGrace(self._deadline)
        self._polled = PolledSteps()
        self._events = 0
        self._last: RunResult | None = None
        self.output = "none" if isinstance(self._display, JsonLines) else watching.output

    def until_finished(self) -> RunResult:
        """Show it until it has ended, or waits for an answer when the time is up.

        Raises:
            RunTimeout: It goes on.
        """
        with self._display:
            try:
                result = self._follow()
            except errors.RunTimeout:
                if self._last is None or not self._last.settled:
                    raise
                # it does not go on by itself
                result = self._last
            self._display.settle(result, is_complete=False)
        return result

    def _follow(self) -> RunResult:
        self._observe()
        result = self._poll()
        while not result.finished:
            waits = result.settled
            result = self._poll()
            if waits and not result.settled:
                # whoever has answered may have done so by a stream
                self._observe()
        return result

    def until_settled(self) -> RunResult:
        """Show it until only somebody outside can move it on.

        Raises:
            RunTimeout: It goes on.
        """
        with self._display:
            result = self._poll()
            while not result.settled:
                result = self._poll()
            self._display.settle(result, is_complete=False)
        return result

    def _observe(self) -> None:
        """Show the events that the server holds and sends, but those that were shown before."""
        stream = self._run.observe(self._events, timeout=self._deadline.clamp(None), on_gap="raise")
        # where there are none, or no more, the polls tell the rest
        with stream, contextlib.suppress(errors.StreamError):
            for event in stream:
                if self._polled.is_told(event):
                    continue
                self._polled.note(event)
                self._display.show(event)
        self._events += stream.position

    def _poll(self) -> RunResult:
        """Return the run after a pause, its steps shown, once the server is there."""
        problem: Exception | None = None
        while not self._deadline.expired:
            self._deadline.sleep(min(next_pause(self._deadline.elapsed), LONGEST_PAUSE))
            result, problem = self._try_to_read()
            if result is not None:
                return result
        raise errors.RunTimeout(
            workflow_id=self._run.workflow_id, run_id=self._run.run_id, last_status=None, waited=self._deadline.elapsed
        ) from problem

    def _try_to_read(self) -> tuple[RunResult | None, Exception | None]:
        try:
            result = self._run.result()
        except (errors.APIConnectionError, errors.RateLimitError, errors.ServerError) as problem:
            return None, problem
        if self._grace.covers(result):
            return None, None
        self._last = result
        if not isinstance(self._display, JsonLines):
            # those are events as the server sent them
            for event in self._polled.changes(result):
                self._display.show(event)
        return result, None

"""What `mastra-sync demo` does: watch a workflow that sleeps, asks and goes on."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import textwrap
import time
from typing import Any

from mastra_sync import MastraClient, RunStream, Suspension
from mastra_sync.cli.displays import can_redraw, display_for
from mastra_sync.cli.exits import Exit, Stop, exit_of
from mastra_sync.cli.following import watch
from mastra_sync.durations import duration
from mastra_sync.models import RunResult
from mastra_sync.terminal.reading import read_line
from mastra_sync.terminal.writing import complain, is_terminal, one_line, print_json
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.fake.virtual_time.time_lapse import TimeLapse
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.step_context import StepContext

INPUT = {"city": "Lisbon", "nights": 3}
HOUR = 3600.0
INTRODUCTION = (
    "A fake Mastra server in this process: no Node, no network, and a clock that skips what a workflow sleeps."
)
FIRST_TEST = """\
from mastra_sync import MastraClient


def book_trip():
    with MastraClient() as client:
        return client.get_workflow("trip").execute({"city": "Lisbon"}).raise_for_status().result


def test_book_trip(mastra_server):
    mastra_server.workflow("trip").sleep(1800).returns({"booked": ["flight"]})
    assert book_trip() == {"booked": ["flight"]}
"""
"""A test that passes as it stands, for the reader to begin with."""

NEXT = "Next, a test of your own: put this into test_trip.py and run `pytest test_trip.py`"
ANSWERS = {"": True, "y": True, "yes": True, "n": False, "no": False}
REMARK = "(says the demo; with --ask you are asked)"
NARROWEST, USUAL_WIDTH = 20, 80
THINKING = 0.7
"""Real seconds on a terminal in which a question can be read before the demo answers it."""


def declare(server: FakeMastra) -> Workflow:
    """Declare the workflow that is run."""

    def find_hotel(ctx: StepContext) -> Any:
        return {"name": "Casa Alfama", "price": 66 * ctx.input_data["nights"]}

    def approve(ctx: StepContext) -> Any:
        if ctx.resume_data is None:
            city, price = ctx.get_init_data()["city"], sum(found["price"] for found in ctx.input_data.values())
            return ctx.suspend({"ask": f"{city} for {price} EUR: book it?"})
        return list(ctx.input_data.values()) if ctx.resume_data["ok"] else ctx.bail({"booked": []})

    flight = server.step("find-flight", lambda _: {"name": "flight TP 553", "price": 214}, duration=2.4)
    hotel = server.step("find-hotel", find_hotel, duration=3.1)
    book = server.step("book", lambda ctx: ctx.input_data["name"], duration=1.5)
    finish = server.step("finish", lambda ctx: {"city": ctx.get_init_data()["city"], "booked": ctx.input_data})

    schema = {"type": "object", "properties": {"city": {"type": "string"}, "nights": {"type": "integer"}}}
    trip = server.workflow("trip", input_schema=schema)
    trip.parallel([flight, hotel]).sleep(8 * HOUR, id="sleep-on-it").then(server.step("approve", approve))
    return trip.foreach(book).sleep(HOUR / 2, id="wait-for-tickets").then(finish).commit()


def play(*, ask: bool) -> Exit:
    """Run the workflow and print its result.

    Args:
        ask: The person at the terminal answers; else the demo does.

    Raises:
        Stop: Nobody answered.
    """
    began = time.monotonic()
    clock = TimeLapse() if can_redraw() else VirtualClock()
    server = FakeMastra(clock=clock)
    workflow_id = declare(server).id
    _tell(INTRODUCTION)
    complain("")
    with InProcess(server) as front, MastraClient(front.url, token="") as client:
        run = client.get_workflow(workflow_id).create_run()

        def show(stream: RunStream) -> RunResult:
            return watch(stream, display_for(workflow_id, run.run_id, client.base_url, clock=clock.monotonic))

        started = clock.now()
        result = show(run.stream(INPUT))
        for suspension in result.suspensions:
            answer = _ask_person(suspension) if ask else _answer_for_person(suspension)
            result = show(run.resume_stream({"ok": answer}, step=suspension))
        slept = clock.now() - started
    print_json(result.result)
    complain("")
    _tell(f"{duration(slept)} for the workflow, {duration(time.monotonic() - began)} for you.")
    complain("")
    _tell(NEXT)
    complain("")
    # as it is to be copied, whatever the width
    complain(FIRST_TEST, end="")
    return exit_of(result.status)


def _ask_person(suspension: Suspension) -> bool:
    """Ask the person, until they answer."""
    complain("")
    _tell(f"{_question(suspension)} [Y/n] ", indent="  ", end="")
    while line := read_line():
        answer = ANSWERS.get(line.strip().lower())
        if answer is not None:
            complain("")
            return answer
        _tell(f"{one_line(line.strip())!r} is neither yes nor no. [Y/n] ", indent="  ", end="")
    complain("")
    raise Stop(Exit.SUSPENDED, "nobody answered, so the run was not resumed; without --ask the demo answers itself")


def _answer_for_person(suspension: Suspension) -> bool:
    """Answer in the person's stead, so that they can see it."""
    complain("")
    question = f"{_question(suspension)} "
    _tell(question, indent="  ", end="")
    if can_redraw():
        time.sleep(THINKING)
    if len(f"  {question}yes   {REMARK}") <= _width():
        complain(f"yes   {REMARK}\n")
    else:
        complain("yes")
        _tell(REMARK, indent="  ")
        complain("")
    return True


def _question(suspension: Suspension) -> str:
    return f"{suspension.step} asks: {one_line(suspension.payload['ask'])}"


def _tell(text: str, *, indent: str = "", end: str = "\n") -> None:
    """Print text in lines as long as the terminal's; a space at its end stays."""
    if math.isinf(_width()):
        complain(indent + text, end=end)
        return
    space = " " * (len(text) - len(text.rstrip()))
    lines = textwrap.wrap(text, int(_width()) - len(space), initial_indent=indent, subsequent_indent=indent)
    complain("\n".join(lines) + space, end=end)


def _width() -> float:
    """Return the columns of the terminal that stderr leads to; infinite if it leads to none."""
    if not is_terminal(sys.stderr):
        return math.inf
    wanted = os.environ.get("COLUMNS", "")
    with contextlib.suppress(OSError):
        # stdout, which others look at, may lead elsewhere
        columns = int(wanted) if wanted.isdecimal() else os.get_terminal_size(sys.stderr.fileno()).columns
        return max(NARROWEST, columns or USUAL_WIDTH)
    return USUAL_WIDTH

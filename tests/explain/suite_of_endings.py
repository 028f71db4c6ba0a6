"""A suite's conftest with workflows that end in every way, and how to read what pytest shows under an assert."""

from __future__ import annotations

import pytest

CONFTEST = """
import pytest

from pytest_mastra import FakeMastra, InProcess, StepError, TripWire
from mastra_sync import MastraClient

def ask(ctx):
    return ctx.suspend({"ask": f"is {ctx.input_data} fine?"}) if ctx.resume_data is None else ctx.resume_data


def announce(ctx):
    cause = StepError("the hall is gone", name="IOError")
    raise StepError("no seats\\nat all", name="SoldOut", code="E_42", cause=cause)


def guard(ctx):
    raise TripWire("not allowed")


def declare(server):
    lookup = server.step("lookup", lambda ctx: {"city": ctx.input_data["city"], "temp": 3, "tags": ["a", "b"]})
    server.workflow("weather").then(lookup).sleep(2, id="nap").returns({"text": "sunny", "temp": 3, "days": [1, 2, 3]})
    server.workflow("sale").then(lookup).then(server.step("announce", announce)).commit()
    inner = server.workflow("inner").then(server.step("ask", ask))
    inner.commit()
    server.workflow("approval").then(lookup).then(inner).commit()
    server.workflow("each").map(lambda ctx: [1, 2, 3]).foreach(server.step("item", ask), concurrency=3).commit()
    server.workflow("guarded").then(server.step("guard", guard)).commit()
    server.workflow("stopped").then(server.step("stop", lambda ctx: ctx.abort())).commit()
    long = server.workflow("long")
    for number in range(100):
        long.then(server.step(f"step-{number:02}", lambda ctx: {"n": 1}))
    long.then(server.step("announce", announce)).commit()
    server.workflow("huge").returns({"text": "x" * 200_000, "list": list(range(20_000))})
    server.workflow("wide").returns({"text": "日本語" * 50, "marks": "e\\u0301" * 50, "escape": "\\x1b[31m"})


def execute(client, name, **options):
    return client.get_workflow(name).execute({"city": "Oslo", "token": "s3cr3t-value"}, run_id=f"run-{name}", **options)


@pytest.fixture
def run(mastra_server, mastra_client):
    declare(mastra_server)
    return lambda name, **options: execute(mastra_client, name, **options)


@pytest.fixture
def run_by_hand():
    server = FakeMastra()
    declare(server)
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        yield lambda name, **options: execute(client, name, **options)
"""


SALE = """\
  the run of 'sale' failed in step 'announce'
    run id  run-sale
    error   SoldOut: no seats
            at all (code E_42)
    cause   IOError: the hall is gone
    input   {'city': 'Oslo', 'temp': 3, 'tags': ['a', 'b']}
    path    lookup (success) > announce (failed)
    events  step-start lookup > step-result lookup success >
            step-start announce > step-result announce failed
    again   client.get_workflow('sale').execute({'city': 'Oslo',
            'token': '***'})"""
SHORT_WEATHER = """\
  the run of 'weather' succeeded
    run id  run-weather
    path    lookup (success) > nap (success) > return (success)
    again   client.get_workflow('weather').execute({'city': 'Oslo',
            'token': '***'})"""
WEATHER = """\
  the run of 'weather' succeeded
    run id  run-weather
    result  {'text': 'sunny', 'temp': 3, 'days': [1, 2, 3]}
    path    lookup (success) > nap (success) > return (success)
    events  step-start lookup > step-result lookup success >
            step-waiting nap waiting > step-result nap success >
            step-start return > step-result return success
    again   client.get_workflow('weather').execute({'city': 'Oslo',
            'token': '***'})"""
OTHER_ENDS = {
    "approval": """\
  the run of 'approval' is suspended at 'inner.ask'
    run id  run-approval
    asks    inner.ask: {'ask': "is {'city': 'Oslo', 'temp': 3, 'tags':
            ['a', 'b']} fine?"}
    answer  run.resume_async(resume_data)
    path    lookup (success) > inner (suspended) > inner.ask (suspended)
    events  step-start lookup > step-result lookup success >
            step-start inner > step-suspended inner suspended
    again   client.get_workflow('approval').execute({'city': 'Oslo',
            'token': '***'})""",
    "each": """\
  the run of 'each' is suspended at 'item'
    run id  run-each
    asks    item[0]: {'ask': 'is 1 fine?'}
    asks    item[1]: {'ask': 'is 2 fine?'}
    asks    item[2]: {'ask': 'is 3 fine?'}
    answer  run.resume_async(resume_data, step=result.suspensions[0])
    path    mapping_each_0 (success) > item (suspended)
    events  ... 3 more > step-progress item suspended >
            step-progress item suspended >
            step-progress item suspended > step-suspended item suspended
    again   client.get_workflow('each').execute({'city': 'Oslo',
            'token': '***'})""",
    "guarded": """\
  the run of 'guarded' was stopped by a tripwire in step 'guard'
    run id  run-guarded
    reason  not allowed
    input   {'city': 'Oslo', 'token': '***'}
    path    guard (failed)
    events  step-start guard > step-result guard failed
    again   client.get_workflow('guarded').execute({'city': 'Oslo',
            'token': '***'})""",
    "stopped": """\
  the run of 'stopped' was canceled
    run id  run-stopped
    path    stop (success)
    events  step-start stop > step-result stop success > canceled
    again   client.get_workflow('stopped').execute({'city': 'Oslo',
            'token': '***'})""",
    "long": """\
  the run of 'long' failed in step 'announce'
    run id  run-long
    error   SoldOut: no seats
            at all (code E_42)
    cause   IOError: the hall is gone
    input   {'n': 1}
    path    step-00 (success) > step-01 (success) > ... 93 more >
            step-95 (success) > step-96 (success) > step-97 (success) >
            step-98 (success) > step-99 (success) > announce (failed)
    events  ... 197 more > step-result step-98 success >
            step-start step-99 > step-result step-99 success >
            step-start announce > step-result announce failed
    again   client.get_workflow('long').execute({'city': 'Oslo',
            'token': '***'})""",
}
"""What is told of the runs of `CONFTEST`."""


def explained(result: pytest.RunResult) -> list[str]:
    """Return what pytest shows of why tests failed, without its mark."""
    return [line[1:].removeprefix("       ") for line in result.outlines if line == "E" or line.startswith("E  ")]


def lines(*parts: str) -> list[str]:
    """Return the lines of texts."""
    return "\n".join(parts).split("\n")

"""Statements that take a fake's runs for others than there are, and runs that a fake holds."""

from __future__ import annotations

from tests.suites_in_folders import RunSuite

CONFTEST = """
    import pytest

    from pytest_mastra import BY_HAND, Polls


    @pytest.fixture
    def shop(mastra_server, mastra_client):
        server = mastra_server

        def hold(ctx):
            yield server.gate("shutter")

        server.workflow("pay").returns({"paid": True})
        server.workflow("refund").returns({})
        server.workflow("gated").then(server.step("hold", hold)).commit()
        server.workflow("by-hand", pace=BY_HAND).returns({})
        server.workflow("polled", pace=Polls(5000)).returns({})
        return mastra_client.get_workflow
    """

MODULE = """
    def pay(shop, *amounts):
        return [shop("pay").execute({"amount": amount, "currency": "NOK"}, run_id=f"r{amount}") for amount in amounts]


    def test_none_but_others(shop, mastra_server):
        pay(shop, 1, 2)
        (run,) = mastra_server.runs("refund")


    def test_none_at_all(shop, mastra_server):
        assert mastra_server.runs("refund")[0].status == "success"


    def test_no_next(shop, mastra_server):
        run = next(iter(mastra_server.runs("refund")))


    def test_several(shop, mastra_server):
        pay(shop, 1, 2)
        (run,) = mastra_server.runs("pay")


    def test_count(shop, mastra_server):
        pay(shop, *range(7))
        runs = mastra_server.runs("pay")
        assert len(runs) == 1


    def test_equal_inputs(shop, mastra_server):
        for _ in range(2):
            shop("pay").execute({"amount": 1})
        assert [run.polls for run in mastra_server.runs("pay")] == [0]


    def test_another_list(shop, mastra_server):
        first, second = [1]


    def test_one_that_is_asked_for(shop, mastra_server):
        pay(shop, 1)
        assert mastra_server.runs("pay")[0].result == {"paid": False}


    def test_two_results(shop):
        first, second = pay(shop, 1, 2)
        assert not (first.ok or second.ok)
    """

ALL = [
    "E *not enough values to unpack (expected 1, got 0)",
    "E *no run of 'refund' was started; there are 2 of 'pay'",
    "E *IndexError: list index out of range",
    "E *no run of 'refund' was started, nor of any other workflow",
    "E *StopIteration*",
    "E *no run of 'refund' was started, nor of any other workflow",
    "E *too many values to unpack (expected 1*",
    "E *there are 2 runs of 'pay':",
    "E *amount=1: succeeded, run r1",
    "E *amount=2: succeeded, run r2",
    "E *there are 7 runs of 'pay':",
    "E *amount=0: succeeded, run r0",
    "E *amount=4: succeeded, run r4",
    "E *... and 2 more",
    "E *there are 2 runs of 'pay':",
    "E *input {'amount': 1}: succeeded, run *",
    "E *not enough values to unpack (expected 2, got 1)",
    "",
    "E *$.paid: expected False, actual True",
    "E *the run of 'pay' succeeded",
    "E *the run of 'pay' with amount=1 succeeded",
    "E *beside it the run of 'pay' with amount=2 succeeded: {'paid': True}",
]


def test_runs_that_are_more_or_fewer(run_suite: RunSuite) -> None:
    """It is said which runs there are and how they differ; if there are none, of which workflows there are some."""
    result = run_suite(MODULE, conftest=CONFTEST)
    result.assert_outcomes(failed=9)
    result.stdout.fnmatch_lines(ALL)


HELD = """
    import pytest


    @pytest.mark.parametrize("name", ["gated", "by-hand", "polled"])
    def test_it(shop, name):
        run = shop(name).create_run()
        run.start({})
        run.wait(timeout=1)


    def test_explained(shop):
        run = shop("gated").create_run()
        run.start({})
        result = run.result()
        assert result.ok
    """


def test_a_run_that_is_held(run_suite: RunSuite) -> None:
    """A run that a gate or its pace holds says which, and what lets it go on."""
    result = run_suite(HELD, conftest=CONFTEST)
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            "  held at gate 'shutter': server.open_gate('shutter') lets it go on",
            "  held before a step (pace=BY_HAND): server.runs(...)[0].advance() lets it go on",
            "  held until it is polled 5000 times, * so far (pace=Polls)",
            "E *held    at gate 'shutter': server.open_gate('shutter') lets it go on",
        ],
    )

"""What a failed test's report has of its runs where the failure itself says nothing of them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.suites_in_folders import RunSuite

CONFTEST = """
    import dataclasses

    import pytest

    from pytest_mastra import StepError


    @dataclasses.dataclass
    class Receipt:
        status: str
        amount: int


    def charge(ctx):
        if ctx.input_data["amount"] > 2:
            raise StepError("card declined", name="Declined", cause=StepError("no money"))
        return {"paid": ctx.input_data["amount"]}


    @pytest.fixture
    def shop(mastra_server, mastra_client):
        server = mastra_server
        look = server.step("look", lambda ctx: {"amount": ctx.input_data["amount"], "stock": 3})
        server.workflow("pay").then(look).then(server.step("charge", charge)).commit()
        server.workflow("approval").then(server.step("ask", lambda ctx: ctx.suspend({"ask": "sure?"}))).commit()
        server.workflow("wordy").fails("all is lost " * 9, step="tell")
        return mastra_client.get_workflow


    @pytest.fixture
    def buy(shop):
        def buy(amount):
            result = shop("pay").execute({"amount": amount, "token": "tok-123456789"})
            return Receipt(result.status, amount)

        return buy


    @pytest.fixture
    def Receipts():
        return Receipt
    """

WAYS = {
    "a dataclass": "assert buy(3) == Receipts('success', 3)",
    "a dict": "got = vars(buy(3)); assert got == {'status': 'success', 'amount': 3}",
    "a string": "assert buy(3).status == 'success'",
    "a helper that asserts": "check(buy(3).status)",
    "pytest.raises": "\n    with pytest.raises(ValueError):\n        buy(3)",
    "pytest.fail": "buy(3); pytest.fail('no')",
    "an exception": "buy(3); raise RuntimeError('later')",
    "approx": "assert len(buy(3).status) == pytest.approx(7)",
    "a group": "\n    try:\n        assert buy(3).status == 'success'\n    except AssertionError as error:\n"
    "        raise RuntimeError('wrapped') from error",
}
MODULE = """
    import asyncio
    import unittest

    import pytest


    def check(status):
        assert status in ("success", "bailed")


    @pytest.fixture
    def bought(buy):
        assert buy(3).status == "success"


    def test_setup(bought):
        pass


    @pytest.fixture
    def returned(buy):
        yield
        assert buy(3).status == "success"


    def test_teardown(returned):
        pass


    @pytest.mark.parametrize("amount", [3])
    def test_parameters(buy, amount):
        assert buy(amount).status == "success"


    class TestCase(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def take(self, buy):
            self.buy = buy

        def test_it(self):
            self.assertEqual(self.buy(3).status, "success")


    class TestAsync(unittest.IsolatedAsyncioTestCase):
        @pytest.fixture(autouse=True)
        def take(self, buy):
            self.buy = buy

        async def test_it(self):
            bought = await asyncio.to_thread(self.buy, 3)
            self.assertEqual(bought.status, "success")
    """

MODULE_TESTS = 5

DRAWN = [
    "✗ pay failed after 0 ms, run *",
    "  ✓ look   0 ms",
    "  ✗ charge 0 ms",
    "  charge failed: Declined: card declined",
    "  cause   Error: no money",
    "  input   {'amount': 3, 'stock': 3}",
    "  again   client.get_workflow('pay').execute({'amount': 3, 'token':",
    "          '[*][*][*]'})",
]


def test_however_a_test_fails(run_suite: RunSuite) -> None:
    """Whatever a failing test looks at, its report says why the run failed, on which input, and how to repeat it."""
    tests = [f"def test_{n}(buy, Receipts):\n    {body}\n" for n, body in enumerate(WAYS.values())]
    module = "\n".join(line.removeprefix("    ") for line in MODULE.split("\n")) + "\n\n" + "\n\n".join(tests)
    result = run_suite(module, conftest=CONFTEST)
    text = result.stdout.str()
    assert text.count("- Mastra runs -") == len(WAYS) + MODULE_TESTS
    result.stdout.fnmatch_lines(DRAWN * (len(WAYS) + MODULE_TESTS))
    assert text.count("cause   Error: no money") == len(WAYS) + MODULE_TESTS
    assert "tok-123456789" not in text.replace("execute({", "")


OTHERS = """
    import pytest


    def test_suspended(shop):
        result = shop("approval").execute({"city": "Oslo"})
        assert result.result["go"]


    def test_succeeded(buy):
        assert buy(1).status == "failed"


    def test_several(buy):
        assert [buy(amount).status for amount in (1, 5, 2)] == ["success"] * 3


    def test_a_long_error(shop):
        def tell():
            return shop("wordy").execute({"n": 1}).status
        assert tell() == "success"


    def test_explained(shop):
        result = shop("pay").execute({"amount": 3})
        assert result.ok
    """


def test_what_matters_comes_first(run_suite: RunSuite) -> None:
    """A question has the line that answers it, a success its result; of several runs the one that failed is first."""
    result = run_suite(OTHERS, conftest=CONFTEST)
    result.stdout.fnmatch_lines(
        [
            "[?] approval is suspended after 0 ms, run *",
            "  [?] ask 0 ms",
            '  ask asks {"ask": "sure[?]"}',
            "  input   {'city': 'Oslo'}",
            "  answer  run.resume_async(resume_data)",
            "  again   client.get_workflow('approval').execute({'city': 'Oslo'})",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(
        [
            "✓ pay succeeded after 0 ms, run *",
            "  ✓ look   0 ms",
            "  ✓ charge 0 ms",
            "  input   {'amount': 1, 'token': '[*][*][*]'}",
            "  result  {'paid': 1}",
            "  again   *",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(
        [
            "✗ pay (amount=5) failed after 0 ms, run *",
            *DRAWN[1:5],
            "  input   {'amount': 5, 'stock': 3}",
            "  again   client.get_workflow('pay').execute({'amount': 5, 'token':",
            "          '[*][*][*]'})",
            "✓ pay (amount=1) succeeded after 0 ms, run *",
            "  ✓ look   0 ms",
            "  ✓ charge 0 ms",
            "  input   {'amount': 1, 'token': '[*][*][*]'}",
            "  result  {'paid': 1}",
            "✓ pay (amount=2) succeeded after 0 ms, run *",
        ],
        consecutive=True,
    )


def test_an_error_that_the_drawing_cuts_is_told_whole(run_suite: RunSuite) -> None:
    """Where the line below the steps is too short for it, the error stands in full below."""
    result = run_suite(OTHERS, "-k", "long_error", conftest=CONFTEST)
    result.stdout.fnmatch_lines(
        ["  tell failed: Error: *...", "  step    tell", "  error   Error: all is lost*", "          is lost *"],
        consecutive=True,
    )


def test_nothing_is_said_twice(run_suite: RunSuite) -> None:
    """A failure that says what became of the run leaves nothing to say but the drawing."""
    result = run_suite(OTHERS, "-k", "explained", conftest=CONFTEST)
    text = result.stdout.str()
    assert text.count("cause ") == text.count("again ") == text.count("input ") == 1
    result.stdout.fnmatch_lines([*DRAWN[:4], "=*"], consecutive=True)


def test_quiet(run_suite: RunSuite) -> None:
    """With -q the run that matters says how it ended, the others are a line each."""
    result = run_suite(OTHERS, "-q", "-k", "several", conftest=CONFTEST)
    result.stdout.fnmatch_lines(
        [
            "✗ pay (amount=5) failed after 0 ms, run *",
            "  step    charge",
            "  error   Declined: card declined",
            "  cause   Error: no money",
            "  input   {'amount': 5, 'stock': 3}",
            "  again   *",
            "          *",
            "✓ pay (amount=1) succeeded after 0 ms, run *",
            "✓ pay (amount=2) succeeded after 0 ms, run *",
            "=*",
        ],
        consecutive=True,
    )


@pytest.mark.parametrize("style", ["short", "no", "native"])
def test_however_long_tracebacks_are(run_suite: RunSuite, style: str) -> None:
    """The section is there wherever pytest shows sections, which it does not for `--tb=no`."""
    result = run_suite(OTHERS, f"--tb={style}", "-k", "suspended", conftest=CONFTEST)
    assert ("run.resume_async(resume_data)" in result.stdout.str()) is (style != "no")


def test_narrow_terminals_and_colour(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal, and it is the id that gives way; with colour the same is told."""
    monkeypatch.setenv("COLUMNS", "50")
    result = run_suite(OTHERS, "-k", "several", conftest=CONFTEST)
    lines = result.stdout.lines
    start = next(index for index, line in enumerate(lines) if "Mastra runs" in line)
    end = next(index for index, line in enumerate(lines) if "short test summary" in line)
    assert max(map(len, lines[start:end])) <= 50
    assert lines[start + 1].startswith("✗ pay (amount=5) failed after 0 ms, run ")
    assert lines[start + 1].endswith("...")
    coloured = run_suite(OTHERS, "-k", "suspended", "--color=yes", conftest=CONFTEST).stdout.str()
    assert "  answer  run.resume_async(resume_data)\n" in coloured


def test_junit_and_workers(run_process: RunSuite, pytester: pytest.Pytester) -> None:
    """A junit file has it as part of the failure, also from a worker of pytest-xdist."""
    run_process(OTHERS, "-n", "1", "-p", "xdist", "--junit-xml=report.xml", "-k", "suspended", conftest=CONFTEST)
    (failure,) = ET.parse(pytester.path / "report.xml").getroot().iter("failure")
    assert "  answer  run.resume_async(resume_data)" in (failure.text or "")
    assert "  input   {'city': 'Oslo'}" in (failure.text or "")

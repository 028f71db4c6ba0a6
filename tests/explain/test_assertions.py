"""What a plain `assert` that fails says of the run that it speaks of: real pytest runs, and the lines they show."""

from __future__ import annotations

import pytest

from tests.explain.suite_of_endings import CONFTEST, OTHER_ENDS, SALE, SHORT_WEATHER, explained, lines
from tests.suites_in_folders import RunSuite


def test_a_status(run_suite: RunSuite) -> None:
    """The bare comparison of two words is followed by all that is known of the run."""
    result = run_suite(
        """
        def test_it(run):
            result = run("sale")
            assert result.status == "success"
        """,
        conftest=CONFTEST,
    )
    result.assert_outcomes(failed=1)
    assert explained(result) == lines("AssertionError: assert 'failed' == 'success'", SALE)


def test_a_property(run_suite: RunSuite) -> None:
    """`assert result.ok` compares nothing, so pytest asks nobody to explain it; it is explained all the same."""
    result = run_suite(
        """
        def test_it(run):
            result = run("sale")
            assert result.ok
        """,
        conftest=CONFTEST,
    )
    assert explained(result) == lines(
        "AssertionError: assert False",
        " +  where False = <RunResult sale run-sale failed in step 'announce': "
        "SoldOut: no seats at all: the hall is gone>.ok",
        SALE,
    )


@pytest.mark.parametrize("name", OTHER_ENDS)
def test_other_ends(run_suite: RunSuite, name: str) -> None:
    """A run that waits says what it asks and how to answer; one that was stopped, by what; of a long way both ends."""
    result = run_suite(
        f"""
        def test_it(run):
            result = run({name!r})
            assert result.ok, "not ok"
        """,
        conftest=CONFTEST,
    )
    shown = explained(result)
    assert shown[:2] == ["AssertionError: not ok", "assert False"]
    assert shown[3:] == lines(OTHER_ENDS[name])


def test_a_run_that_was_paused(run_suite: RunSuite) -> None:
    """It says that it made one step."""
    result = run_suite(
        """
        def test_it(run):
            result = run("weather", per_step=True)
            assert result.ok
        """,
        conftest=CONFTEST,
    )
    assert "  the run of 'weather' is paused after one step" in explained(result)


def test_a_nested_value(run_suite: RunSuite) -> None:
    """What differs is named by path, five places and the number of the others; then the run in short."""
    result = run_suite(
        """
        def test_it(run):
            result = run("weather")
            assert result.result == {"text": "rainy", "temp": 4, "days": [1, 2], "a": 1, "b": 2, "c": 3, "d": 4}
        """,
        conftest=CONFTEST,
    )
    assert explained(result) == lines(
        "AssertionError: assert {'text': 'sunny', '... == {'text': 'rainy', '...",
        "  $.text: expected 'rainy', actual 'sunny'",
        "  $.temp: expected 4, actual 3",
        "  $.days[2]: not expected, actual 3",
        "  $.a: expected 1, but nothing is there",
        "  $.b: expected 2, but nothing is there",
        "  ... and 2 more differences",
        SHORT_WEATHER,
    )


def test_long_values_are_clipped_around_the_difference(run_suite: RunSuite) -> None:
    """Both sides are cut at the same place, near what differs."""
    result = run_suite(
        """
        def test_it(run):
            result = run("huge")
            assert result.result["text"] == "x" * 150_000 + "y" + "x" * 49_999
        """,
        conftest=CONFTEST,
    )
    assert explained(result)[:4] == lines(
        "AssertionError: assert 'xxxxxxxxxxxxxxxxxx... == 'xxxxxxxxxxxxxxxxxx...",
        "  $:",
        f"    expected ...{'x' * 16}y{'x' * 36}...",
        f"    actual   ...{'x' * 16}{'x' * 37}...",
    )


def test_dirty_equals(run_suite: RunSuite) -> None:
    """Its objects work as expected values, on either side, and the leaf that fails is named."""
    result = run_suite(
        """
        from dirty_equals import IsInt, IsPartialDict, IsStr

        def test_left(run):
            result = run("weather")
            assert result.result == {"text": IsStr(), "temp": IsStr(), "days": [1, 2, IsInt(gt=5)]}

        def test_right(run):
            result = run("weather")
            assert IsPartialDict(text="rainy") == result.result
        """,
        conftest=CONFTEST,
    )
    shown = explained(result)
    assert "  $.temp: expected IsStr(), actual 3" in shown
    assert "  $.days[2]: expected IsInt(gt=5), actual 3" in shown
    assert "  $.text: expected 'rainy', actual 'sunny'" in shown


def test_what_is_expected_may_stand_first(run_suite: RunSuite) -> None:
    """The side that speaks of the run is the actual one."""
    result = run_suite(
        """
        def test_it(run):
            result = run("weather")
            assert {"temp": 4} == result.steps["lookup"].output
        """,
        conftest=CONFTEST,
    )
    assert "  $.temp: expected 4, actual 3" in explained(result)


def test_values_that_only_their_types_tell_apart(run_suite: RunSuite) -> None:
    """Where JSON knows no difference, the types are named."""
    result = run_suite(
        """
        def test_it(run):
            result = run("weather")
            assert result.result["days"] == (1, 2, 3)
        """,
        conftest=CONFTEST,
    )
    assert "  alike as JSON, but one is a list, the other a tuple" in explained(result)


def test_true_and_1_are_no_difference_here(run_suite: RunSuite) -> None:
    """Python takes them for equal, so they are not why the assert failed."""
    result = run_suite(
        """
        def test_it(mastra_server, mastra_client):
            mastra_server.workflow("w").returns({"on": True, "n": 1})
            result = mastra_client.get_workflow("w").execute({})
            assert result.result == {"on": 1, "n": 2}
        """,
    )
    assert "  $.n: expected 2, actual 1" in explained(result)
    assert "$.on" not in result.stdout.str()


def test_a_step(run_suite: RunSuite) -> None:
    """A step that is spoken of alone says what it got and gave, and the run that it is of is found beside it."""
    result = run_suite(
        """
        def test_it(run):
            result = run("weather")
            step = result.steps["lookup"]
            assert step.output["temp"] == 4
        """,
        conftest=CONFTEST,
    )
    assert explained(result) == lines(
        "AssertionError: assert 3 == 4",
        "  step 'lookup' succeeded",
        "    output  {'city': 'Oslo', 'temp': 3, 'tags': ['a', 'b']}",
        "    input   {'city': 'Oslo', 'token': '***'}",
        SHORT_WEATHER,
    )


def test_a_step_whose_run_is_not_known(run_suite: RunSuite) -> None:
    """It tells of itself."""
    result = run_suite(
        """
        from mastra_sync import StepResult

        def test_it():
            step = StepResult.model_validate(
                {"path": ["a"], "status": "suspended", "suspendPayload": {"ask": 1}, "payload": 2}
            )
            assert step.output == 1
        """
    )
    assert explained(result) == lines(
        "AssertionError: assert None == 1",
        "  step 'a' is suspended",
        "    asks    {'ask': 1}",
        "    input   2",
    )


def test_a_step_whose_run_has_no_name(run_suite: RunSuite) -> None:
    """The fixtures know which run has this step."""
    result = run_suite(
        """
        def test_it(run):
            step = run("sale").failed_step
            assert step.status == "success"
        """,
        conftest=CONFTEST,
    )
    assert explained(result) == lines("AssertionError: assert 'failed' == 'success'", SALE)


def test_a_suspension(run_suite: RunSuite) -> None:
    """Its run tells what it asks, and how to answer; where the run is not known, it does itself."""
    result = run_suite(
        """
        def test_of_a_run_that_is_there(run):
            result = run("approval")
            suspension = result.suspensions[0]
            assert suspension.step == "ask"

        def test_by_hand(run_by_hand):
            (suspension,) = run_by_hand("approval").suspensions
            assert suspension.step == "ask"
        """,
        conftest=CONFTEST,
    )
    shown = explained(result)
    approval = lines(OTHER_ENDS["approval"])
    assert shown[: len(approval) + 1] == ["assert 'inner.ask' == 'ask'", *approval]
    assert shown[len(approval) + 1 :] == lines(
        "assert 'inner.ask' == 'ask'",
        "  waits at inner.ask",
        "    asks    {'ask': \"is {'city': 'Oslo', 'temp': 3, 'tags': ['a',",
        "            'b']} fine?\"}",
        "    answer  run.resume_async(resume_data, step=suspension)",
    )


@pytest.mark.parametrize("spoken_of", ["run.run_id", "stream.position", "event.type"])
def test_handles_streams_and_events(run_suite: RunSuite, spoken_of: str) -> None:
    """What only names a run is told of by what the test's fixtures know of that run."""
    result = run_suite(
        f"""
        from conftest import declare

        def test_it(mastra_server, mastra_client):
            declare(mastra_server)
            run = mastra_client.get_workflow("sale").create_run("run-sale")
            stream = run.stream({{"city": "Oslo", "token": "s3cr3t-value"}})
            for event in stream:
                pass
            assert {spoken_of} == "nothing"
        """,
        conftest=CONFTEST,
    )
    shown = explained(result)
    assert "    error   SoldOut: no seats" in shown
    assert "    cause   IOError: the hall is gone" in shown
    assert "again   client.get_workflow('sale').execute({'city': 'Oslo'," in "\n".join(shown)


def test_several_runs(run_suite: RunSuite) -> None:
    """The one that is to blame is told of, another one named, and the rest counted."""
    result = run_suite(
        """
        def test_it(run):
            results = [run("weather"), run("huge"), run("wide"), run("sale")]
            assert all(result.ok for result in results)
        """,
        conftest=CONFTEST,
    )
    shown = explained(result)
    assert shown[-2:] == [
        "  beside it <RunResult weather run-weather success {'text': 'sunny', ...",
        "  ... and 2 more runs",
    ]
    assert "  the run of 'sale' failed in step 'announce'" in shown

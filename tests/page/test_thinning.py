"""Pages of many tests: what is left out where there is no room for all, and that like things are there once."""

from __future__ import annotations

from pathlib import Path

from pytest_mastra.page.page import render
from pytest_mastra.page.session import Session
from pytest_mastra.page.tested import Tested as OneTest
from pytest_mastra.report.trace_reader import Trace, TracedEvent, TracedRun
from tests.page.pages import ReadPage, read_page


def trace_of(number: int, outcome: str, runs: list[TracedRun], events: list[TracedEvent]) -> Trace:
    name = f"t.py::test_{number}"
    return Trace(name, outcome, {}, "fake", "", is_virtual=True, epoch=0.0, versions={}, runs=runs, events=events)


def one_test(number: int, outcome: str = "passed") -> OneTest:
    """Return a test whose trace has a kilobyte that no other has."""

    def load() -> Trace:
        noise = "".join(f"{(number * 7919 + index * 104729) % 999983:06d}" for index in range(170))
        run = TracedRun(0, "city", f"run-{number}", "success", 0.0, {"noise": noise}, {"status": "success"}, [])
        event = TracedEvent(0, 0.0, None, {"type": "workflow-start", "runId": f"run-{number}"})
        return Trace(
            f"t.py::test_{number}",
            outcome,
            {},
            "fake",
            "",
            is_virtual=True,
            epoch=0.0,
            versions={},
            runs=[run],
            events=[event],
        )

    return OneTest(f"t.py::test_{number}", outcome, 0.0, load=load)


def page_of(tests: list[OneTest], folder: Path, budget: int) -> ReadPage:
    path = folder / "page.html"
    path.write_bytes(render(tests, Session(), budget).html)
    return read_page(path)


def test_the_oldest_that_passed_are_left_out_first(tmp_path: Path) -> None:
    """They are there without their runs, in their order, and the page says how many; failed tests keep theirs."""
    tests = [one_test(number, "failed" if number < 5 else "passed") for number in range(100)]
    page = page_of(tests, tmp_path, 40_000)
    found = page.tests
    assert list(found) == [f"test_{number}" for number in range(100)]
    thinned = [number for number in range(100) if found[f"test_{number}"].is_thinned]
    assert thinned == list(range(5, 5 + len(thinned)))
    assert 20 < len(thinned) < 90
    assert all(bool(found[f"test_{number}"].runs) is (number not in thinned) for number in range(100))
    assert f"the runs of the {len(thinned)} oldest tests are left out, of passing tests first." in page.static
    assert len(page.html) - page.html.count(" ") < 40_000 * 1.3 + 50_000


def test_failed_ones_are_left_out_beyond_twice_the_room(tmp_path: Path) -> None:
    """A page does not grow without end, however many tests fail; each still has its sentence."""
    page = page_of([one_test(number, "failed") for number in range(100)], tmp_path, 10_000)
    kept = [name for name, test in page.tests.items() if test.runs]
    assert 10 < len(kept) < 50
    assert all(test.sentence for test in page.tests.values())


def test_where_there_is_room_nothing_is_left_out(tmp_path: Path) -> None:
    """No test is thinned, and nothing is said of it."""
    page = page_of([one_test(number) for number in range(10)], tmp_path, 1_000_000)
    assert all(test.runs for test in page.tests.values())
    assert "left out" not in page.static


def test_what_differs_in_ids_alone_is_there_once(tmp_path: Path) -> None:
    """The UUIDs of a test are kept apart from its values, so that these are one text for all tests."""

    def with_id(number: int) -> OneTest:
        run_id = f"{number:08d}-0000-4000-8000-000000000000"
        run = TracedRun(0, "city", run_id, "success", 0.0, {"id": run_id, "text": "x" * 500}, {"status": "success"}, [])
        trace = Trace(
            f"t.py::test_{number}", "passed", {}, "fake", "", is_virtual=True, epoch=0.0, versions={}, runs=[run]
        )
        return OneTest(f"t.py::test_{number}", "passed", 0.0, load=lambda: trace)

    page = page_of([with_id(number) for number in range(50)], tmp_path, 1_000_000)
    assert sum("x" * 500 in text for text in page.texts) == 1
    assert [test.runs[0][0] for test in page.tests.values()] == ["city"] * 50


def test_the_script_is_small() -> None:
    """30 kB at most."""
    from pytest_mastra.page import page

    script = page._script()
    assert len(script.encode()) <= 30_000

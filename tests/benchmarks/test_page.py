"""What the report page takes: of each test, on the disk, and until a browser shows it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mastra_sync import MastraClient
from mastra_sync.generated_ids import NEW_UUID
from pytest_mastra.fake import FakeMastra
from pytest_mastra.page.page_file import write_page
from pytest_mastra.page.session import Session
from pytest_mastra.page.tested import Tested as OneTest
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import carried_trace
from pytest_mastra.report.trace_reader import trace_of_text
from tests.benchmarks.pytest_runs import ORDERS, PLUGIN, least_seconds, write_suite
from tests.benchmarks.rounds import rounds
from tests.coverage.constructs import play_on

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from pytest_mastra.suite.scene import Scene

Figure = Callable[[str, str, str], None]

ROUNDS = rounds(20)
ONE_IN = 10
"""So many tests are there for each that fails."""
COUNTS = [
    (2_000, "<= 1.5 MB, <= 1 s"),
    *([(20_000, "<= 10 MB, <= 4 s")] if os.environ.get("FIGURES") == "full" else []),
]
"""How many tests, and the goal; `FIGURES=full` adds those that take long to make."""
PLAIN_TESTS = 500
PLAIN = f"""
import pytest

@pytest.mark.parametrize("number", range({PLAIN_TESTS}))
def test_it(number): pass
"""
PEER = ("-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin", "--html=peer.html", "--self-contained-html")
"""What has the nearest report made of the same tests."""

ANSWER = 4711
"""Stands where each test has a number of its own."""
SECRET = re.compile("auth|cookie|token|secret|passw|credential|key|jwt|bearer|csrf|sess|sid|signature", re.IGNORECASE)
"""A pattern that looks for secrets by their names, as simple as may be."""
BEGAN = "1767225"
"""What the times of a fake begin with, in epoch milliseconds; each test was at another time."""


class Report(pytest.TestReport):
    """A teardown's report, on which a trace is carried."""

    def __init__(self) -> None:
        super().__init__("test", ("", None, ""), {}, "passed", None, "teardown")


def play(_: FakeMastra, client: MastraClient) -> None:
    """Have a run go through a nested workflow and be answered, another through a sleep and a mapping."""
    nested = client.get_workflow("nested").execute({"n": 1})
    client.get_workflow("nested").get_run(nested.run_id or "").resume_async({"by": ANSWER}, step="inner.ask")
    client.get_workflow("steps").execute({"n": ANSWER})


def play_badly(_: FakeMastra, client: MastraClient) -> None:
    """Have a run fail after a sleep."""
    client.get_workflow("nested").execute({"n": ANSWER})
    client.get_workflow("steps").execute({"n": ANSWER, "boom": "b"})


def carried(scene: Scene) -> str:
    """Return a trace as the process that writes the page gets it."""
    report = Report()
    phases = {"setup": "passed", "call": "passed"}
    carried_trace.carry_trace(scene, report, phases, learn_secrets(scene.log))
    return str(getattr(report, carried_trace.ATTRIBUTE))


def many(count: int) -> list[OneTest]:
    """Return tests whose traces differ as those of a suite do: in ids, times and what they answer."""
    traces = [carried(play_on("fake", what)) for what in (play_badly, play)]
    ids = [sorted(set(re.findall(NEW_UUID, trace))) for trace in traces]

    def one(number: int) -> OneTest:
        has_failed = number % ONE_IN == 0
        text, own = traces[not has_failed], ids[not has_failed]

        def own_text() -> str:
            changed = text.replace(str(ANSWER), str(number)).replace(BEGAN, str(int(BEGAN) + number))
            for uuid in own:
                changed = changed.replace(uuid, f"{number:08x}{uuid[8:]}")
            return changed

        return OneTest(
            f"tests/shop/test_part{number // 40}.py::test_order_{number}",
            "failed" if has_failed else "passed",
            0.01,
            "AssertionError: assert False" if has_failed else "",
            [("Failure", f"def test_{number}():\n    assert {number} == 1")] if has_failed else [],
            lambda: trace_of_text(own_text()),
        )

    return [one(number) for number in range(count)]


def floor_of(trace: str) -> str:
    """Return what the parts take that nobody can do without: the same records as JSON, deflated, looked through."""
    records = [json.loads(line) for line in trace.splitlines()]
    text = json.dumps(records)
    parts: dict[str, Callable[[], object]] = {
        "json.dumps": lambda: json.dumps(records),
        "zlib": lambda: zlib.compress(text.encode(), 6),
        "one pattern": lambda: SECRET.search(text),
    }
    return ", ".join(f"{name} {least_ms(part):.2f} ms" for name, part in parts.items())


def least_ms(part: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        part()
        times.append(1000 * (time.process_time() - began))
    return min(times)


def test_what_a_test_hands_on(figure: Figure) -> None:
    """The trace of a test with two runs, without secrets, on its report; the best of twenty, in processor time."""
    scene = play_on("fake", play)
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        trace = carried(scene)
        times.append(1000 * (time.process_time() - began))
    size = f"{len(trace) / 1000:.0f} kB"
    figure("report page, to hand on a test's trace", "<= 0.3 ms", f"{min(times):.2f} ms for {size}")
    figure(f"the least that these {size} take", "", floor_of(trace))


def test_what_a_session_pays(figure: Figure, tmp_path: Path, environment: dict[str, str]) -> None:
    """Tests of two runs each, and tests that use nothing of the plugin: a whole session with the page and without."""
    suite = write_suite(tmp_path)
    (tmp_path / "test_plain.py").write_text(PLAIN, encoding="utf-8")
    kinds = [
        (*PLUGIN, *wished, name) for name in (suite, "test_plain.py") for wished in ((), ("--mastra-html=page.html",))
    ]
    kinds += [(*PLUGIN, *PEER, "test_plain.py")]
    bare, with_page, plain, plain_with_page, with_peer = least_seconds(tmp_path, environment, kinds, count=rounds(3))
    added = (with_page - bare) / ORDERS * 1000
    figure("report page, all that it adds to a test of two runs", "<= 0.3 ms", f"{added:.2f} ms")
    command = [sys.executable, "-m", "pytest", *PLUGIN, "--mastra-trace=on", suite]
    subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
    trace = next((tmp_path / ".mastra-report").glob("*.jsonl")).read_text(encoding="utf-8")
    figure(f"the least that such a test's {len(trace) / 1000:.0f} kB take", "", floor_of(trace))
    added = (plain_with_page - plain) / PLAIN_TESTS * 1000
    figure("report page, what it adds to a test that uses nothing", "<= 0.3 ms", f"{added:.2f} ms")
    figure("pytest-html, what it adds to such a test", "", f"{(with_peer - plain) / PLAIN_TESTS * 1000:.2f} ms")


@pytest.mark.parametrize(("count", "goal"), COUNTS)
def test_a_page_of_many_tests(count: int, goal: str, figure: Figure, browser: Browser, tmp_path: Path) -> None:
    """What writing it takes, in processor time, and how long a browser takes from disk until it can be used."""
    tests = many(count)
    path = tmp_path / "page.html"
    began = time.process_time()
    assert not write_page(path, tests, Session(), learn_secrets(())).problem
    taken = time.process_time() - began
    thinned = re.search("the runs of the ([0-9,]+) oldest tests", path.read_text(encoding="utf-8"))
    page = browser.new_page()
    page.goto(path.as_uri(), wait_until="commit")
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    usable = page.evaluate("performance.now()") / 1000
    page.close()
    name = f"report page of {count:,} tests, {count // ONE_IN:,} failed"
    without = f", {thinned[1]} without their runs" if thinned is not None else ""
    figure(name, goal, f"{path.stat().st_size / 1e6:.1f} MB{without}, {usable:.1f} s until usable")
    figure(f"{name}: to write it", "<= 0.3 ms a test", f"{taken:.1f} s, {taken / count * 1000:.2f} ms a test")

"""docs/fake.md: its blocks are one program, and its commands are those that there are."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_mastra.fake
from mastra_sync import MastraClient

PAGE = Path(__file__).parents[2] / "docs" / "fake.md"
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
PROCESS_TIMEOUT = 60


def blocks(language: str) -> list[tuple[int, str]]:
    """Return the page's blocks of a language, each with the number of its first line."""
    text = PAGE.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, match.start("code")), match["code"])
        for match in BLOCK.finditer(text)
        if match["language"] == language
    ]


def test_the_page_is_a_program() -> None:
    """Its blocks run from top to bottom, and all that they assert holds."""
    # pydantic looks the module of a model up
    names = {"__name__": __name__}
    for line, code in blocks("python"):
        exec(compile("\n" * line + code, PAGE, "exec"), names)


def test_every_block_is_run() -> None:
    """No block is of a language that no test here looks at."""
    text = PAGE.read_text(encoding="utf-8")
    assert {match["language"] for match in BLOCK.finditer(text)} == {"python", "sh"}
    assert text.count("```") == 2 * (len(blocks("python")) + len(blocks("sh")))


@pytest.mark.skipif(sys.platform == "win32", reason="the process is ended by a signal")
def test_the_command_serves_the_last_block(tmp_path: Path) -> None:
    """The command line works with the file that the page shows last, on a port that is free."""
    ((_, command),) = blocks("sh")
    program, *arguments = shlex.split(command)
    assert program == "mastra-sync"
    name = arguments[1].partition(":")[0]
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(blocks("python")[-1][1], encoding="utf-8")
    port = arguments.index("--port") + 1
    assert arguments[port] == "4111"
    arguments[port] = "0"
    with subprocess.Popen(
        [sys.executable, "-m", "mastra_sync.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        try:
            assert process.stdout is not None
            with MastraClient(process.stdout.readline().strip()) as client:
                assert client.get_workflow("report").execute({}).result == {"text": "sunny"}
        finally:
            process.terminate()
            process.communicate(timeout=PROCESS_TIMEOUT)


def test_links_lead_somewhere() -> None:
    """Each page that is linked to is there."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).is_file(), target


@pytest.mark.parametrize("name", ["StepContext", "Workflow", "FakeMastra", "RunView", "Request", "VirtualClock"])
def test_nothing_that_is_public_is_left_out(name: str) -> None:
    """Each public method and property of what tests handle stands on the page, but for what only the fake calls."""
    kind = getattr(pytest_mastra.fake, name)
    for_clients_and_fronts = {"handle", "on_change", "add_alarm", "reach", "request_came", "monotonic", "now", "sleep"}
    inner = for_clients_and_fronts | {"advance_run", "frozen", "has_input"}
    public = {member for member in vars(kind) if not member.startswith("_") and callable(getattr(kind, member, None))}
    public |= {member for member, value in vars(kind).items() if isinstance(value, property)}
    text = PAGE.read_text(encoding="utf-8")
    missing = [member for member in sorted(public - inner) if not re.search(rf"\b{member}\b", text)]
    assert missing == []

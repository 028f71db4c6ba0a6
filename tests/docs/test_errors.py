"""docs/errors.md: a place for each exception and each failure of the plugin, whose example ends as it says."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

import mastra_sync
from mastra_sync import MastraClient, MastraError, errors
from mastra_sync.documentation import DOCUMENTATION, slug_of
from pytest_mastra import FakeMastra, InProcess, OnSocket
from pytest_mastra.cassettes.file.errors import CassetteError
from pytest_mastra.cassettes.replay.no_match import NoRecordedReply
from tests.docs.errors_page import PAGE, Place, places
from tests.house.import_graph import modules
from tests.suites_in_folders import RunSuite

PLACES = {place.slug: place for place in places()}
OF_THE_PLUGIN = ("What fails a test", "Cassettes", "How pytest was called")
OF_THE_CLIENT = [place for place in PLACES.values() if place.part not in OF_THE_PLUGIN]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def exceptions_of_the_client() -> list[type[MastraError]]:
    found = [getattr(mastra_sync, name) for name in mastra_sync.__all__]
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, MastraError)]


def slugs_in_code() -> set[str]:
    """Return the slugs that the packages' modules give by name."""
    found: set[str] = set()
    for path in modules().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in GIVE_SLUGS:
                found |= {str(arg.value) for arg in node.args[-1:] if isinstance(arg, ast.Constant)}
    return found | {"usage-errors"}


GIVE_SLUGS = {"see_error", "usage_error", "_section", "_failure"}
"""Functions whose last argument is one; the default of `usage_error` is another."""


def test_each_exception_has_its_place() -> None:
    """Each class of the client, each failure of the plugin, and no place is of something else."""
    kinds = [*exceptions_of_the_client(), *CassetteError.__subclasses__(), NoRecordedReply]
    of_classes = {slug_of(kind.__name__): kind.__name__ for kind in kinds}
    assert of_classes.keys() | slugs_in_code() == PLACES.keys()
    assert {slug: PLACES[slug].title for slug in of_classes} == of_classes
    assert len(places()) == len(PLACES)


def test_each_place_says_what_to_do() -> None:
    """What happened and what to do stand everywhere."""
    for place in PLACES.values():
        text = place.text.replace("\n", " ")
        assert "**What happened.**" in text, place.slug
        assert "**What to do.**" in text, place.slug


def test_the_tree_is_that_of_the_module() -> None:
    """The page draws the tree that stands at the top of `mastra_sync/errors.py`."""
    tree = str(errors.__doc__).partition("```\n")[2].partition("```")[0]
    assert f"```text\n{tree}```" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("place", OF_THE_CLIENT, ids=lambda place: place.slug)
def test_the_example_ends_as_it_says(place: Place) -> None:
    """It raises the exception of its heading, with these words; or catches it, and passes."""
    server = FakeMastra()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        names: dict[str, Any] = {"server": server, "front": front, "client": client, "FakeMastra": FakeMastra}
        names |= {"MastraClient": MastraClient, "InProcess": InProcess}
        code = compile(place.block("python"), str(PAGE), "exec")
        if not place.block("text"):
            assert f"except {place.title} as error:" in place.text or f"except {place.title}:" in place.text
            exec(code, names)
            return
        with pytest.raises(MastraError) as raised:
            exec(code, names)
    assert type(raised.value).__name__ == place.title
    assert fixed(f"{place.title}: {raised.value}\n") == fixed(place.block("text"))


def fixed(text: str) -> str:
    """Return a text without ids, and without the seconds that a client paused by chance."""
    return re.sub(r"\b\d+(\.\d+)? s\b", "... s", UUID.sub("18af...", text))


PREAMBLE = PAGE.read_text(encoding="utf-8").partition("## What fails a test")[2].partition("```python\n")[2]
EXAMPLES = "\n\n".join(
    [
        PREAMBLE.partition("```")[0],
        *(place.block("python") for place in PLACES.values() if place.part in ("What fails a test", "Cassettes")),
    ]
)


def test_what_fails_a_test_says_just_this(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """Each failure of the plugin is in pytest's output word for word."""
    real = FakeMastra()
    real.workflow("weather").returns({"text": "mild"})
    recorded = EXAMPLES.replace('"Rome"', '"Paris"').replace("# mastra_client", "mastra_client")
    which = "no_recorded_reply or unplayed_exchanges or shared"
    with OnSocket(real) as front:
        live = ("--mastra-target=live", f"--mastra-url={front.url}", "--mastra-record=once", "-k", which)
        said = run_suite(recorded, *live).stdout.str()
    (alone.path / "cassettes" / "merged.yaml").write_text("interactions:\n<<<<<<< HEAD\n", encoding="utf-8")
    result = run_suite(EXAMPLES, "--mastra-record=none", "-k", "not shared")
    said += result.stdout.str()
    shown = {place.slug: place.block("text") for place in PLACES.values() if place.block("text")}
    lines = without_carets(without_margin(said, alone.path.as_posix()))
    for slug in (place.slug for place in PLACES.values() if place.part in OF_THE_PLUGIN and place.block("python")):
        assert shown[slug].endswith(f"See {DOCUMENTATION}/errors/#{slug}\n"), slug
        assert without_carets(shown[slug]) in lines, slug


def without_margin(said: str, folder: str) -> str:
    """Return what pytest printed without its margin and the folder."""
    said = re.sub(r"^E(   ){0,2} ?", "", said, flags=re.MULTILINE)
    return said.replace(f"{folder}/", "").replace(folder, "")


def without_carets(text: str) -> str:
    """Return a text without the lines that show a place in the line above, which Python 3.10 has not."""
    return re.sub(r"^ +[~^]+\n", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("slug", ["usage-errors", "live-server"])
def test_a_usage_error_ends_with_its_address(run_suite: RunSuite, slug: str) -> None:
    """The command that is shown ends before any test, with the address in a line of its own."""
    command, option = PLACES[slug].block("console").removeprefix("$ ").split()
    assert command == "pytest"
    result = run_suite("def test_it(mastra_client): pass", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"  See {DOCUMENTATION}/errors/#{slug}" in result.errlines


FAILS = """
import mastra_sync, pytest, unittest

class OfOurUser(mastra_sync.RunTimeout):
    pass

def timeout():
    raise OfOurUser(workflow_id="w", run_id="r1", last_status="running", waited=3.0)

def test_plain():
    timeout()

class TestCase(unittest.TestCase):
    def test_unittest(self):
        timeout()

@pytest.fixture
def broken():
    raise mastra_sync.InvalidArgument("n", "is none")

def test_fixture(broken): pass

def test_match():
    with pytest.raises(mastra_sync.InvalidArgument, match=r"^n: is none$"):
        raise mastra_sync.InvalidArgument("n", "is none")
"""


def test_a_failure_by_an_exception_ends_with_its_address(run_suite: RunSuite) -> None:
    """In a test, a TestCase and a fixture, once each; one that users derive has that of ours; `match` never sees it."""
    result = run_suite(FAILS)
    result.assert_outcomes(failed=2, errors=1, passed=1)
    addresses = [line for line in result.outlines if DOCUMENTATION in line]
    see = f"E   See {DOCUMENTATION}/errors/#"
    assert sorted(re.sub("^E +", "E   ", line) for line in addresses) == [
        f"{see}invalid-argument",
        f"{see}run-timeout",
        f"{see}run-timeout",
    ]

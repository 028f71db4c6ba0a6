"""What a statement names is found without running any code of the objects that it names."""

from __future__ import annotations

import dataclasses
import linecache
import sys
import textwrap
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from mastra_sync import RunResult
from pytest_mastra.explain import assertions, failed_statement
from pytest_mastra.explain.failed_statement import FailedStatement, read_statement


class Sought:
    """What is looked for."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.inner: Any = None

    def __eq__(self, other: object) -> bool:
        raise AssertionError("nobody is to ask")

    __hash__ = None  # type: ignore[assignment]


class Watchful:
    """Everything that one can ask of it is an error."""

    held = Sought("class attribute")

    def __init__(self) -> None:
        self.own = Sought("instance attribute")

    @property
    def asked(self) -> Sought:
        raise AssertionError("a property was asked")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"__getattr__ was asked for {name}")

    def __getitem__(self, key: Any) -> Any:
        raise AssertionError("__getitem__ was asked")

    def __iter__(self) -> Any:
        raise AssertionError("__iter__ was asked")

    def __len__(self) -> int:
        raise AssertionError("__len__ was asked")

    def __bool__(self) -> bool:
        raise AssertionError("__bool__ was asked")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("__eq__ was asked")

    __hash__ = None  # type: ignore[assignment]


class Proxy:
    """Says that it is of another class."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise AssertionError("__class__ was asked")


@dataclasses.dataclass(slots=True)
class Slotted:
    kept: Sought


class Keyed(dict[str, Any]):
    """A dict with a mind of its own."""

    def __getitem__(self, key: str) -> Any:
        raise AssertionError("__getitem__ was asked")

    def __missing__(self, key: str) -> Any:
        raise AssertionError("__missing__ was asked")


ONE, OTHER = Sought("one"), Sought("other")
WATCHFUL = Watchful()
NAMES = {
    "one": ONE,
    "other": OTHER,
    "watchful": WATCHFUL,
    "proxy": Proxy(),
    "slotted": Slotted(ONE),
    "keyed": Keyed(a=ONE),
    "some": [OTHER, 1, ONE],
    "pair": (ONE, OTHER),
    "table": {"a": ONE, 2: OTHER, "deep": {"b": ONE}},
    "key": "a",
    "number": 2,
    "mock": MagicMock(),
    "holder": types.SimpleNamespace(one=ONE),
    "sys": sys,
    "plain": {"x": [1]},
}


@pytest.fixture
def speak(tmp_path: Path) -> Callable[..., FailedStatement]:
    """A function that returns the statement at a line of some code, where names stand for `NAMES`."""

    def ask(code: str, line: int = 1, **names: Any) -> FailedStatement:
        path = tmp_path / f"code_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(textwrap.dedent(code).lstrip("\n"), encoding="utf-8")
        return read_statement(frame_of(path, NAMES | names), line, (Sought,))

    return ask


def frame_of(path: Path, names: dict[str, Any]) -> Any:
    """Return as much of a frame as is looked at."""
    place = types.SimpleNamespace(co_filename=str(path))
    return types.SimpleNamespace(f_locals=names, f_globals={"GLOBAL": ONE, "__name__": "code"}, f_code=place)


SPEAKS: dict[str, list[Sought]] = {
    "assert one": [ONE],
    "assert not one.name": [ONE],
    "assert GLOBAL.name": [ONE],
    "assert one == other": [ONE, OTHER],
    "assert other.name in one.name": [OTHER, ONE],
    "assert one is one": [ONE],
    "assert watchful.own": [WATCHFUL.own],
    "assert watchful.held": [Watchful.held],
    "assert watchful.asked": [],
    "assert watchful.made_up.more": [],
    "assert watchful['a']": [],
    "assert watchful": [],
    "assert proxy": [],
    "assert mock.anything": [],
    "assert slotted.kept.name": [ONE],
    "assert slotted.lost": [],
    "assert keyed['a']": [],
    "assert holder.one": [ONE],
    "assert some": [OTHER, ONE],
    "assert some[0]": [OTHER, ONE],
    "assert some[-1].name": [OTHER, ONE],
    "assert some[7]": [OTHER, ONE],
    "assert some[some]": [OTHER, ONE],
    "assert pair[0:1]": [ONE, OTHER],
    "assert table[key]": [ONE, OTHER],
    "assert table['deep']['b']": [ONE, OTHER],
    "assert plain['x'][0]": [],
    "assert nobody.knows": [],
    "assert len(some[2].name) == 3": [OTHER, ONE],
    "assert f'{one}' == ''": [ONE],
    "assert all(x for x in some)": [OTHER, ONE],
    "assert (lambda: one)()": [ONE],
    "assert one if other else None": [OTHER, ONE],
    "check(one, *some, key=other)": [ONE, OTHER],
    "one = other": [OTHER],
    "one.name = other.name": [ONE, OTHER],
    "raise AssertionError(one.name)": [ONE],
    "await one": [ONE],
    "assert sys.modules": [],
    "assert {'a': one} == {'b': [other]}": [ONE, OTHER],
    "assert one; assert other": [ONE, OTHER],
}


@pytest.mark.parametrize("statement", SPEAKS)
def test_what_a_statement_speaks_of(speak: Callable[..., FailedStatement], statement: str) -> None:
    """Names, attributes and indices are followed; no property, no `__getattr__` and no `__getitem__` is called."""
    found = speak(statement).values
    assert [id(value) for value in found] == [id(value) for value in SPEAKS[statement]]


COMPOUND = """
@decorated(
    other
)
def function():
    with one as it, \\
         it:
        pass
    for x in some:
        assert (
            one.name
            ==
            "x"
        )
    else:
        check(other)
    try:
        pass
    except one:
        check(other)
    finally:
        check(one)
    while other: check(one)
    match one:
        case 1:
            check(other)
    class Inner:
        held = other
"""
LINES = {
    1: [OTHER],
    2: [OTHER],
    5: [ONE],
    6: [ONE],
    7: [],
    8: [OTHER, ONE],
    9: [ONE],
    11: [ONE],
    13: [ONE],
    15: [OTHER],
    17: [],
    19: [OTHER],
    21: [ONE],
    23: [ONE],
    25: [OTHER],
    27: [OTHER],
    99: [],
}


@pytest.mark.parametrize("line", LINES)
def test_the_innermost_statement_at_a_line(speak: Callable[..., FailedStatement], line: int) -> None:
    """Of a block only its head, if the line is there; of a statement over several lines all of it."""
    assert [value.name for value in speak(COMPOUND, line).values] == [value.name for value in LINES[line]]


SIDES: dict[str, tuple[Any, Any] | None] = {
    "assert number == 2": (2, 2),
    "assert -number == -2.5": (-2, -2.5),
    "assert plain == {'x': [1, (number,)], 3: None}": ({"x": [1]}, {"x": [1, (2,)], 3: None}),
    "assert plain['x'] == [number, *some]": None,
    "assert plain == {**plain}": None,
    "assert plain == {number + 1: 2}": None,
    "assert number == len(some)": None,
    "assert number != 2": None,
    "assert 1 < number == 2": None,
    "assert number": None,
    "check(number == 2)": None,
    "assert number == 2; assert number == 3": None,
}


@pytest.mark.parametrize("statement", SIDES)
def test_the_sides_of_a_comparison(speak: Callable[..., FailedStatement], statement: str) -> None:
    """Where both can be told without running code; else none is."""
    assert speak(statement).sides == SIDES[statement]


@pytest.mark.parametrize(
    ("statement", "is_reversed"),
    [
        ("assert one.name == 'x'", False),
        ("assert 'x' == one.name", True),
        ("assert one == other", False),
        ("assert 1 == 2", False),
        ("check('x' == one)", False),
    ],
)
def test_which_side_speaks(speak: Callable[..., FailedStatement], statement: str, is_reversed: bool) -> None:  # noqa: FBT001
    """Whether what is named stands on the right alone."""
    assert speak(statement).reversed is is_reversed


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    """What was parsed is kept only as long as the lines are the same."""
    path = tmp_path / "code.py"
    for code, wanted in [("assert one", ONE), ("assert other  # longer", OTHER)]:
        path.write_text(code, encoding="utf-8")
        linecache.checkcache(str(path))
        assert read_statement(frame_of(path, NAMES), 1, (Sought,)).values[0] is wanted


@pytest.mark.parametrize("code", [None, "assert one ==", "\0", ""])
def test_code_that_cannot_be_read(tmp_path: Path, code: str | None) -> None:
    """Without source nothing is found, but for what a rewritten assert keeps."""
    path = tmp_path / "code.py"
    if code is not None:
        path.write_text(code, encoding="utf-8")
    frame = frame_of(path, {"one": ONE, "@py_assert1": OTHER, "@py_assert3": [ONE], "@py_assert5": None})
    assert [id(value) for value in read_statement(frame, 1, (Sought,)).values] == [id(OTHER), id(ONE)]
    assert read_statement(frame_of(path, {"one": ONE}), 1, (Sought,)) == FailedStatement([])


def test_what_python_warned_of_it_does_not_warn_of_again(speak: Callable[..., FailedStatement]) -> None:
    """Source with an escape that is none, say; in this suite every warning is an error."""
    assert [value.name for value in speak("assert one, '\\d'").values] == ["one"]


def test_many_files_take_no_more_memory(tmp_path: Path) -> None:
    """Only a few parsed files are kept."""
    for number in range(3 * failed_statement._FILES_KEPT):
        path = tmp_path / f"code_{number}.py"
        path.write_text("assert one", encoding="utf-8")
        read_statement(frame_of(path, NAMES), 1, (Sought,))
    assert len(failed_statement._parsed) <= failed_statement._FILES_KEPT


def test_long_lists_are_not_searched_to_the_end(speak: Callable[..., FailedStatement]) -> None:
    """Of a list of thousands only the beginning is."""
    assert speak("assert many", many=[1] * 5000 + [ONE]).values == []


def test_a_comparison_that_is_not_about_a_run_is_left_alone(pytestconfig: pytest.Config) -> None:
    """The hook has no answer, whatever is compared."""
    assert assertions.explain_comparison(pytestconfig, "==", 1, 2) is None
    assert assertions.explain_comparison(pytestconfig, "==", Watchful(), Watchful()) is None
    assert assertions.explain_comparison(pytestconfig, "in", 1, []) is None


@pytest.mark.skipif(pytest.version_tuple < (8, 4), reason="pytest does not rewrite the assertions of this suite there")
def test_nothing_is_kept_of_what_was_explained(pytestconfig: pytest.Config) -> None:
    """The values of a comparison are let go once its test's outcome is known."""
    result = RunResult(status="failed")
    with pytest.raises(AssertionError) as caught:
        assert result.status == "success"
    assert assertions._last.comparison is not None
    assertions.explain_failure(caught, None, pytestconfig)
    assert assertions._last.comparison is None
    assert str(caught.value).count("the run failed") == 1

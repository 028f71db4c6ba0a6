"""What a command line says a workflow is to get."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.inputs import parse_pairs, read_input, read_json

NO_JSON = ["NaN", "Infinity", "-Infinity", "'x'", "{x}", "1_000", "01", "True"]


@pytest.mark.parametrize(
    ("pair", "fields"),
    [
        ("n=3", {"n": 3}),
        ("n=-0.5", {"n": -0.5}),
        ("ok=true", {"ok": True}),
        ("none=null", {"none": None}),
        ("list=[1, 2]", {"list": [1, 2]}),
        ('text="3"', {"text": "3"}),
        ("city=New York", {"city": "New York"}),
        ("equation=a=b", {"equation": "a=b"}),
        ("empty=", {"empty": ""}),
        ("a.b=1", {"a.b": 1}),
        *((f"x={text}", {"x": text}) for text in NO_JSON),
    ],
)
def test_a_value_is_json_if_it_can_be(pair: str, fields: dict[str, Any]) -> None:
    """A value that is valid JSON is taken as that, any other as text."""
    assert parse_pairs([pair]) == fields


def test_nothing_is_an_empty_object() -> None:
    """A workflow that wants an object with optional fields runs without arguments."""
    assert read_input([], None) == {}


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        (["city"], "'city' has no '='"),
        (["=3"], "no key before the '='"),
        (["n=1", "n=2"], "'n' is given twice"),
    ],
)
def test_pairs_that_are_refused(pairs: list[str], problem: str) -> None:
    """A pair that cannot be a field is refused by name."""
    with pytest.raises(Stop, match=problem) as stopped:
        parse_pairs(pairs)
    assert stopped.value.status is Exit.USAGE


@pytest.mark.parametrize("text", ["[1, 2]", "null", '"text"', '{"a": "\\ud800"}'])
def test_input_is_any_json(text: str) -> None:
    """`--input` takes values that are no objects."""
    assert read_input([], text) == read_json(text, "--input")


def test_input_from_a_file(tmp_path: Path) -> None:
    """`@file` reads UTF-8, with or without the mark that Windows' editors put before it."""
    file = tmp_path / "input.json"
    file.write_bytes(b'\xef\xbb\xbf{"city": "K\xc3\xb6ln"}')
    assert read_input([], f"@{file}") == {"city": "Köln"}


def test_input_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads stdin as UTF-8 whatever the locale is."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO('["é"]'.encode()), encoding="ascii"))
    assert read_input([], "-") == ["é"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"city": }', "--input is not JSON: .* at line 1, column 10"),
        ('{\n"city": x}', "--input is not JSON: .* at line 2, column 9"),
        ("", "--input is not JSON: .* at line 1, column 1"),
        ("[NaN]", "--input is not JSON: NaN is not JSON"),
        ("[" * 100_000, "--input is not JSON: nested too deeply"),
        ("@/no/such/file", "--input: cannot read '/no/such/file': No such file"),
        ("@a\0b", "--input: cannot read"),
    ],
)
def test_input_that_is_refused(text: str, problem: str) -> None:
    """What is wrong with an `--input` is said with its place."""
    with pytest.raises(Stop, match=problem):
        read_input([], text)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    """The byte that is not UTF-8 is named, and the file."""
    file = tmp_path / "latin"
    file.write_bytes(b'["\xe9"]')
    with pytest.raises(Stop, match=r"latin is not UTF-8: byte 2 is 0xe9"):
        read_input([], f"@{file}")


def test_a_forgotten_at_sign(tmp_path: Path) -> None:
    """A file's name given as JSON is recognised."""
    file = tmp_path / "input.json"
    file.write_text("{}")
    with pytest.raises(Stop, match=f"did you mean --input @{file}"):
        read_input([], str(file))


def test_pairs_and_input_together() -> None:
    """Two inputs are one too many."""
    with pytest.raises(Stop, match="not both"):
        read_input(["a=1"], "{}")

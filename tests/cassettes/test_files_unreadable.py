"""Cassettes that cannot be read: an error with its line and what to do, and nothing is written over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mastra.cassettes.file.read_write import CassetteUnreadable, read_cassette, write_cassette
from tests.cassettes.exchange_factory import exchange, facts

GOOD = """version: 1
interactions:
- request:
    method: GET
    uri: http://mastra.test/a
    headers: {}
    body: null
  response:
    status: {code: 200, message: OK}
    headers: {}
    body: {string: x}
"""


def without(line: str) -> str:
    return "".join(kept for kept in GOOD.splitlines(keepends=True) if line not in kept)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (GOOD.replace("    body:", "<<<<<<< HEAD\n    body:"), 7, "a merge left its mark '<<<<<<< HEAD' here"),
        (GOOD + "=======\n", 12, "a merge left its mark '=======' here"),
        (GOOD.replace("    uri", "\turi"), 5, "a tab stands where YAML wants spaces"),
        (GOOD.replace("version: 1", "version: 2"), 1, "version 2 is not known, only 1 is"),
        (without("version"), 1, "'version' is missing at the top"),
        ("version: 1\n", 1, "'interactions' is missing at the top"),
        ("version: 1\ninteractions: 5\n", 2, "'interactions' must be a list"),
        ("version: 1\ninteractions:\n- 5\n", 3, "interaction 1 must be a mapping"),
        ("", 1, "this is no cassette: it has neither 'version' nor 'interactions'"),
        ("- a\n", 1, "this is no cassette: it has neither 'version' nor 'interactions'"),
        (without("uri"), 4, "'uri' of 'request' of interaction 1 is missing"),
        (without("body: {string"), 9, "'body' of 'response' of interaction 1 is missing"),
        (GOOD[: GOOD.index("  response")], 3, "'response' of interaction 1 is missing"),
        (GOOD.replace("200", "fine"), 9, "'code' of 'status' of 'response' of interaction 1 must be a number, not str"),
        (
            GOOD.replace("string: x", "string: [x]"),
            11,
            "'string' of 'body' of 'response' of interaction 1 must be text or binary, not list",
        ),
        (GOOD.replace("http://mastra.test/a", "nowhere"), 3, "interaction 1: no URL: 'nowhere'"),
        (GOOD + "  ending: soon\n", 3, "interaction 1: 'soon' is not a valid Ending"),
        (
            GOOD.replace("string: x", "string: x, chunks: [7]"),
            3,
            "interaction 1: chunks: there is no record 7 to end one",
        ),
        (
            GOOD.replace("string: x", "string: xyz, chunks: ['0+2', '0+1']"),
            3,
            "interaction 1: chunks: the borders do not rise from the body's beginning to its end",
        ),
        (
            GOOD.replace("string: x", "string: x, chunks: 5"),
            3,
            "interaction 1: chunks must be 'records' or a list, not 5",
        ),
        (GOOD + "version: 1\n", 12, "the key 'version' stands here a second time"),
        (GOOD.replace("    body: null", "    body: null\n    uri: x"), 8, "the key 'uri' stands here a second time"),
        (GOOD.replace("{string: x}", "{string: 'x}"), 12, "this is no YAML: while scanning a quoted scalar found "),
        (GOOD.replace("string: x", "string: *x"), 11, "this is no YAML: "),
        (
            GOOD.replace("string: x", "string: !!python/object/apply:os.getcwd []"),
            11,
            "could not determine a constructor for the tag",
        ),
    ],
)
def test_an_unreadable_file_is_an_error(tmp_path: Path, text: str, line: int, problem: str) -> None:
    """It names file and line, and what to do; the file stays, also if something is to be written in its place."""
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(CassetteUnreadable) as caught:
        read_cassette(path)
    assert str(caught.value).startswith(f"{path}, line {line}: {problem}")
    assert "\n  " in str(caught.value)
    with pytest.raises(CassetteUnreadable):
        write_cassette(path, [exchange("/a", {})])
    assert path.read_text() == text


def test_the_whole_message(tmp_path: Path) -> None:
    """First what and where, then what to do."""
    path = tmp_path / "a.yaml"
    path.write_text(without("version"))
    with pytest.raises(CassetteUnreadable) as caught:
        read_cassette(path)
    assert str(caught.value) == (
        f"{path}, line 1: 'version' is missing at the top.\n"
        "  Mend it, take it from version control again, or delete the file and record it anew."
    )


def test_the_good_file_is_read(tmp_path: Path) -> None:
    """What the broken ones were made of is no error, with either kind of line."""
    path = tmp_path / "a.yaml"
    for text in (GOOD, GOOD.replace("\n", "\r\n")):
        path.write_bytes(text.encode())
        (read,) = read_cassette(path).exchanges
        assert (read.request.target, read.body) == ("/a", b"x")


def test_our_own_file_that_was_checked_out_with_other_lines(tmp_path: Path) -> None:
    """Version control on Windows may change line ends."""
    path = tmp_path / "a.yaml"
    write_cassette(path, [exchange("/a", {"a": [1, 2]}), exchange("/b", chunks=[b"{}\x1e", b"x"])])
    before = [facts(one) for one in read_cassette(path).exchanges]
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert [facts(one) for one in read_cassette(path).exchanges] == before


def test_what_is_no_utf_8(tmp_path: Path) -> None:
    """Its line is named."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"version: 1\n# \xff\n")
    with pytest.raises(CassetteUnreadable, match=r"line 2: this is not UTF-8\."):
        read_cassette(path)


def test_a_file_that_breaks_off_anywhere(tmp_path: Path) -> None:
    """Nothing that lacks its end is taken for a whole cassette."""
    path = tmp_path / "a.yaml"
    write_cassette(path, [exchange("/a", {"a": 1}), exchange("/b", chunks=[b"{}\x1e", b"x"])])
    whole = path.read_bytes()
    for end in range(len(whole) - 4):
        path.write_bytes(whole[:end])
        with pytest.raises(CassetteUnreadable):
            read_cassette(path)


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    """That is no unreadable cassette: recording may make one."""
    with pytest.raises(FileNotFoundError):
        read_cassette(tmp_path / "a.yaml")

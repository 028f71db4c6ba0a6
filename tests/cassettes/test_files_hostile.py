"""Cassettes that are made to harm their reader: refused with a line, at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mastra.cassettes.file.read_write import CassetteUnreadable, read_cassette, write_cassette

HEAD = """version: 1
interactions:
- request: {method: GET, uri: http://mastra.test/a, headers: {}, body: null}
  response:
    status: {code: 200, message: OK}
    headers: HEADERS
    body: {string: x}
"""


def laughs(levels: int) -> str:
    """Return lists of nine times the list above, which starts with ten letters."""
    lines = ["l0: &l0 [lolololol]"]
    lines += [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


def merges(levels: int) -> str:
    """Return mappings that each merge the one above nine times."""
    lines = ["m0: &m0 {a: 1}"]
    lines += [f"m{level}: &m{level} {{<<: [{', '.join([f'*m{level - 1}'] * 9)}]}}" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


TOO_MUCH = "the aliases here stand for more than 10 times the whole file"
ITSELF = "what begins here contains itself, by an alias"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("version: 1\ninteractions: &a\n- *a\n", 2, ITSELF),
        ("version: 1\ninteractions: &a\n- {request: {headers: *a}}\n", 2, ITSELF),
        (HEAD.replace("HEADERS", "&h {x: *h}"), 6, ITSELF),
        (HEAD.replace("HEADERS", "&h {<<: *h}"), 6, ITSELF),
        (HEAD.replace("HEADERS", "&h {? *h : y}"), 6, ITSELF),
        (laughs(9) + HEAD.replace("HEADERS", "{x: *l8}"), 5, TOO_MUCH),
        (merges(9) + HEAD.replace("HEADERS", "*m8"), 5, TOO_MUCH),
        (f"s: &s {'x' * 5000}\n" + HEAD.replace("HEADERS", f"{{x: [{', '.join(['*s'] * 1000)}]}}"), 7, TOO_MUCH),
        ("[" * 100_000, 1, "maximum nesting depth"),
        (HEAD.replace("HEADERS", "{? [a, b] : c, ? [a, b] : d}"), 6, "found unhashable key"),
        (HEAD.replace("HEADERS", "{x: 2026-13-45}"), 6, "what begins here is no valid timestamp; put it into quotes"),
        (HEAD.replace("HEADERS", "{x: !!int many}"), 6, "what begins here is no valid int"),
        (HEAD.replace("HEADERS", "{x: !!bool perhaps}"), 6, "what begins here is no valid bool"),
        (HEAD.replace("HEADERS", f"{{x: {'1' * 5000}}}"), 6, "what begins here is no valid int"),
        (HEAD.replace("{string: x}", "{string: !!python/object/new:_io.BytesIO {state: 5}}"), 7, "is no valid "),
    ],
)  # fmt: skip
def test_a_hostile_file_is_refused(tmp_path: Path, text: str, line: int, problem: str) -> None:
    """What refers to itself, or stands for more than anybody wrote, is refused before anything is made of it."""
    path = tmp_path / "it.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CassetteUnreadable) as caught:
        read_cassette(path)
    assert (caught.value.line, problem in caught.value.problem) == (line, True), caught.value


def test_a_chain_of_aliases(tmp_path: Path) -> None:
    """Aliases may nest deeper than any text can; that is refused too."""
    links = "".join(f"a{number}: &a{number} [*a{number - 1}]\n" for number in range(1, 3000))
    path = tmp_path / "it.yaml"
    path.write_text("a0: &a0 []\n" + links + HEAD.replace("HEADERS", "{x: *a2999}"), encoding="utf-8")
    with pytest.raises(CassetteUnreadable):
        read_cassette(path)


def test_aliases_and_merges_that_mean_well(tmp_path: Path) -> None:
    """What vcrpy writes for a value that is there twice is read, and what people write."""
    path = tmp_path / "it.yaml"
    text = "usual: &usual {content-type: [text/plain]}\n" + HEAD.replace("HEADERS", "{<<: *usual, x: &x [a, b], y: *x}")
    path.write_text(text, encoding="utf-8")
    (exchange,) = read_cassette(path).exchanges
    assert exchange.headers == (("content-type", "text/plain"), ("x", "a"), ("x", "b"), ("y", "a"), ("y", "b"))


@pytest.mark.parametrize("act", [read_cassette, lambda path: write_cassette(path, [])])
def test_what_is_no_file(tmp_path: Path, act: Callable[[Path], object]) -> None:
    """A pipe, which would be waited for, a device without an end, and a folder are refused; nothing is read."""
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "device.yaml").symlink_to("/dev/zero")
    (tmp_path / "folder.yaml").mkdir()
    for name in ("pipe.yaml", "device.yaml", "folder.yaml"):
        with pytest.raises(CassetteUnreadable, match="this is no file"):
            act(tmp_path / name)


def test_a_link_that_leads_elsewhere(tmp_path: Path) -> None:
    """What is written takes the link's place: where it led stays as it was."""
    (tmp_path / "link.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert write_cassette(tmp_path / "link.yaml", [])
    assert not (tmp_path / "link.yaml").is_symlink()
    assert not (tmp_path / "elsewhere.yaml").exists()

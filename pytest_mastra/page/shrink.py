"""JavaScript without what only people need: comments, spaces, long names. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count

_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<space>\s+)
    |(?P<word>[\w$]+)
    |(?P<other>=>|.)""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
_TEXT_OF_TEMPLATE = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*", re.DOTALL)
_WORD = re.compile(r"[\w$]")
_BEFORE_REGEX = frozenset("(,=:[!&|?{};+-*%<>~^\n")
_AFTER_WORD = frozenset({"return", "typeof", "case", "of", "in"})
_SHORTER = {"const": "let", "undefined": "void 0"}
_DECLARED = re.compile(r"^(?:async )?(?:function|const|let) (\w*[a-z0-9_][A-Z]\w*)", re.MULTILINE)
"""A name that the script declares in a line of its own, and that is none of JavaScript's words: `drawGraph`."""
_TAKES_NO_LINE_AFTER = frozenset(")]},;.:?`")
"""Behind a brace, a line end may stand for a semicolon, but not before one of these."""


def shrink(script: str) -> str:
    """Return a script that does the same, in fewer characters.

    Its statements end with semicolons, and none is empty; only behind a closing brace a line's end may stand for one.
    """
    return _shrink(script, {**_SHORTER, **_short_names(script)})


def _short_names(script: str) -> dict[str, str]:
    """Return other names for what the script declares, but for what may be properties too."""
    names = dict.fromkeys(_DECLARED.findall(script))
    free = (f"${number:x}" for number in count())
    return {name: next(free) for name in names if not _may_be_property(name, script)}


def _may_be_property(name: str, script: str) -> bool:
    return bool(re.search(rf"(?<!\.\.)\.{name}\b|(?:(?<!\$)\{{|,)\s*{name}\s*[:,}}]", script))


def _shrink(script: str, shorter: Mapping[str, str]) -> str:
    kept: list[str] = []
    space = ""
    for piece in _tokens(script):
        if piece.isspace():
            space = "\n" if "\n" in space + piece else " "
            continue
        if piece == "=>" and _is_single(kept):
            kept[-3:] = [kept[-2]]
        if piece == "}" and kept[-1] == ";":
            kept.pop()
        if kept and space and _needs_space(kept[-1], piece, space):
            kept.append(space if kept[-1][-1] == "}" else " ")
        kept.append(_shrink_template(piece, shorter) if piece[0] == "`" else shorter.get(piece, piece))
        space = ""
    return "".join(kept)


def _is_single(kept: list[str]) -> bool:
    """Whether one parameter stands there in parentheses that it does not need."""
    before = kept[-4] if kept[-4:-3] else ";"
    return kept[-3] == "(" and kept[-1] == ")" and bool(_WORD.match(kept[-2])) and not _WORD.match(before[-1])


def _needs_space(before: str, after: str, space: str) -> bool:
    last, first = before[-1], after[0]
    if last == "}" and space == "\n":
        return first not in _TAKES_NO_LINE_AFTER
    return bool(_WORD.match(last) and _WORD.match(first)) or (last == first and last in "+-")


def _tokens(script: str) -> Iterator[str]:
    """Give what a script consists of; comments as spaces."""
    position, last = 0, "\n"
    while position < len(script):
        piece = _token_at(script, position, last)
        position += len(piece)
        if piece.startswith(("//", "/*")):
            piece = "\n" if piece[1] == "/" else " "
        yield piece
        if not piece.isspace():
            last = piece


def _token_at(script: str, position: int, last: str) -> str:
    if script[position] == "`":
        return script[position : _end_of_template(script, position)]
    found = _REGEX.match(script, position) if last[-1] in _BEFORE_REGEX or last in _AFTER_WORD else None
    is_comment = script.startswith(("//", "/*"), position)
    if found is not None and not is_comment:
        return found[0]
    found = _TOKEN.match(script, position)
    return found[0] if found is not None else script[position]


def _shrink_template(template: str, shorter: Mapping[str, str]) -> str:
    """Return a template literal with what is computed within it shrunk."""
    parts: list[str] = []
    position = 1
    while True:
        begin = _end_of_text(template, position)
        parts.append(template[position:begin])
        if template[begin] == "`":
            return f"`{''.join(parts)}`"
        position = _end_of_braces(template, begin + 2)
        parts.append(f"${{{_shrink(template[begin + 2 : position - 1], shorter)}}}")


def _end_of_text(script: str, position: int) -> int:
    """Return where a text in a template literal ends, before what is computed."""
    found = _TEXT_OF_TEMPLATE.match(script, position)
    return found.end() if found is not None else position


def _end_of_template(script: str, position: int) -> int:
    """Return where a template literal ends."""
    position += 1
    while True:
        position = _end_of_text(script, position)
        if script[position] == "`":
            return position + 1
        position = _end_of_braces(script, position + 2)


def _end_of_braces(script: str, position: int) -> int:
    depth, last = 1, "{"
    while depth:
        piece = _token_at(script, position, last)
        position += len(piece)
        depth += {"{": 1, "}": -1}.get(piece, 0)
        last = last if piece.isspace() else piece
    return position

"""What V8 says of a text that is not JSON."""

from __future__ import annotations

import re

_WHITESPACE = " \t\n\r"
_LITERALS = ("true", "false", "null")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_HEX = "0123456789abcdefABCDEF"
_SPECIAL = ("NaN", "Infinity", "undefined", "[object Object]")
_LONG = 40
"""V8 shows only the neighbourhood of a fault in texts longer than this."""
_AROUND = 10


class _Fault(Exception):
    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def syntax_error(text: str) -> str:
    """Return what `JSON.parse` says of a text that it refuses."""
    try:
        _Reader(text).read()
    except _Fault as fault:
        return fault.message
    except RecursionError:
        return "Maximum call stack size exceeded"
    return "Unexpected end of JSON input"


class _Reader:
    """Reads JSON as V8 does, as far as the first fault."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def read(self) -> None:
        self._value()
        self._skip()
        if self._at < len(self._text):
            raise self._fault("Unexpected non-whitespace character after JSON")

    def _fault(self, message: str, at: int | None = None) -> _Fault:
        at = self._at if at is None else at
        before = self._text[:at]
        line = before.count("\n") + 1
        column = at - (before.rfind("\n") + 1) + 1
        return _Fault(f"{message} at position {at} (line {line} column {column})")

    def _unexpected(self) -> _Fault:
        if self._at >= len(self._text):
            return _Fault("Unexpected end of JSON input")
        if self._text in _SPECIAL:
            return _Fault(f'"{self._text}" is not valid JSON')
        token = self._text[self._at]
        return _Fault(f"Unexpected token '{token}', {self._excerpt()} is not valid JSON")

    def _excerpt(self) -> str:
        text, at = self._text, self._at
        if len(text) <= _LONG:
            return f'"{text}"'
        start, end = max(0, at - _AROUND), min(len(text), at + _AROUND)
        head, tail = "..." if start else "", "..." if end < len(text) else ""
        return f'{head}"{text[start:end]}"{tail}'

    def _skip(self) -> None:
        while self._at < len(self._text) and self._text[self._at] in _WHITESPACE:
            self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _value(self) -> None:
        self._skip()
        first = self._peek()
        if first == "{":
            self._object()
        elif first == "[":
            self._array()
        elif first == '"':
            self._string()
        elif first and first in "-0123456789":
            self._number()
        else:
            self._literal()

    def _literal(self) -> None:
        wanted = next((word for word in _LITERALS if word[0] == self._peek()), None)
        if wanted is None:
            raise self._unexpected()
        for letter in wanted:
            if self._peek() != letter:
                raise self._unexpected()
            self._at += 1

    def _number(self) -> None:
        match = _NUMBER.match(self._text, self._at)
        if match is None:
            self._at += 1
            raise self._fault("No number after minus sign in JSON")
        self._at = match.end()
        follow = self._peek()
        if follow and follow in "0123456789":
            raise self._fault("Unexpected number in JSON")
        if follow == ".":
            self._at += 1
            raise self._fault("Unterminated fractional number in JSON")
        if follow and follow in "eE":
            self._at += 1
            raise self._fault("Exponent part is missing a number in JSON")

    def _string(self) -> None:
        self._at += 1
        while True:
            letter = self._peek()
            if not letter:
                raise self._fault("Unterminated string in JSON")
            if letter < " ":
                raise self._fault("Bad control character in string literal in JSON")
            if letter == "\\":
                self._escape()
            elif letter == '"':
                self._at += 1
                return
            else:
                self._at += 1

    def _escape(self) -> None:
        kind = self._text[self._at + 1 : self._at + 2]
        if kind == "u":
            for at in range(self._at + 2, self._at + 6):
                if self._text[at : at + 1] not in _HEX or at >= len(self._text):
                    raise self._fault("Bad Unicode escape in JSON", at)
            self._at += 6
        elif kind and kind in '"\\/bfnrt':
            self._at += 2
        else:
            self._at += 1
            raise self._fault("Bad escaped character in JSON")

    def _object(self) -> None:
        self._at += 1
        self._skip()
        if self._peek() == "}":
            self._at += 1
            return
        first = True
        while True:
            self._skip()
            if self._peek() != '"':
                complaint = "Expected property name or '}'" if first else "Expected double-quoted property name"
                raise self._fault(f"{complaint} in JSON")
            first = False
            self._string()
            self._skip()
            if self._peek() != ":":
                raise self._fault("Expected ':' after property name in JSON")
            self._at += 1
            self._value()
            self._skip()
            if self._peek() == "}":
                self._at += 1
                return
            if self._peek() != ",":
                raise self._fault("Expected ',' or '}' after property value in JSON")
            self._at += 1

    def _array(self) -> None:
        self._at += 1
        self._skip()
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            self._value()
            self._skip()
            if self._peek() == "]":
                self._at += 1
                return
            if self._peek() != ",":
                raise self._fault("Expected ',' or ']' after array element in JSON")
            self._at += 1

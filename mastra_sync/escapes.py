"""Escapes for what does not print: what could break a line or steer a terminal."""

from __future__ import annotations


def escaped(text: str) -> str:
    """Return a text with escapes for what could break a line or steer a terminal."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def visible(text: str) -> str:
    """Return a text of several lines with escapes; line breaks and tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in "\n\t" else _escape(character) for character in text
    )


def visible_json(text: str) -> str:
    """Return JSON that says the same, with escapes for what does not print inside its strings."""
    if text.isprintable():
        return text
    # outside of strings JSON has nothing that does not print but line breaks, which are escaped inside of them
    return "".join(
        character if character.isprintable() or character == "\n" else _escape_in_json(character) for character in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _escape_in_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[index]:02x}{units[index + 1]:02x}" for index in range(0, len(units), 2))

"""Did you mean: known names that come near to one, and the question with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def nearest_names(name: object, known: Iterable[str], most: int = 1, likeness: float = 0.6) -> list[str]:
    """Return the known names that are spelled nearly like a name, the nearest first.

    Args:
        name: The name; nothing comes near to what is none.
        known: Those that may be meant.
        most: How many are returned at most.
        likeness: How much of the letters both have in order, from 0 to 1.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only where a mistake was made

    return get_close_matches(name, list(known), n=most, cutoff=likeness) if isinstance(name, str) else []


def nearest_name(name: object, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known name that is spelled most like a name; None if none comes near."""
    return next(iter(nearest_names(name, known, likeness=likeness)), None)


def did_you_mean(
    *names: str | None, before: str = "; ", after: str = "", shown: Callable[[str], str] = repr, capital: bool = False
) -> str:
    """Return the question whether one of these names was meant, empty without names.

    Args:
        names: What may have been meant; None is left out.
        before: What leads to the question, if there is one.
        after: What follows it.
        shown: How a name is written; names that are written alike are offered once.
        capital: Whether the question begins a sentence.
    """
    offered = dict.fromkeys(shown(name) for name in names if name is not None)
    return f"{before}{'D' if capital else 'd'}id you mean {' or '.join(offered)}?{after}" if offered else ""

"""Attributes that an object does not have: the AttributeError says which one was meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from mastra_sync.suggest import did_you_mean, nearest_name

_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def tells_missing(**meant: str) -> Callable[[Any, str], NoReturn]:
    """Return a class's `__getattr__`: it raises an AttributeError with "did you mean".

    What is offered is, in this order, what `meant` has, the same name as Python spells it, and the one that is spelled
    most alike. A class has it under `if not TYPE_CHECKING`: type checkers know its attributes without.

    Args:
        **meant: What is to be written, by names that one may try which no attribute is spelled like.
    """

    def get(self: object, name: str) -> NoReturn:
        raise missing_attribute(self, name, meant)

    return get


def missing_attribute(owner: object, name: str, meant: Mapping[str, str]) -> AttributeError:
    """Return what Python raises for a missing attribute, with the question which was meant.

    Args:
        owner: What was asked.
        name: For which attribute.
        meant: What is to be written instead of some.
    """
    said = f"{type(owner).__name__!r} object has no attribute {name!r}"
    if name.startswith("_"):
        # what copy, pickle and many others look for, in vain and often
        return AttributeError(said)
    if hasattr(type(owner), name):
        # a property that has raised an AttributeError of its own, or a slot without a value
        try:
            object.__getattribute__(owner, name)
        except AttributeError as error:
            return error
    spelled = _INNER_CAPITAL.sub("_", name).lower()
    public = [known for known in dir(owner) if not known.startswith("_")]
    instead = meant.get(spelled) or (spelled if spelled in public else nearest_name(spelled, public))
    # without the object Python does not ask a second time
    return AttributeError(f"{said}{did_you_mean(instead, shown=_written)}", name=name, obj=None)


def _written(instead: str) -> str:
    return repr(instead) if instead.isidentifier() else instead

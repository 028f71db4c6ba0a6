"""Attributes that an object does not have: the AttributeError says which one was meant."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from mastra_sync.keywords import takes
from mastra_sync.suggest import did_you_mean, nearest_name

T = TypeVar("T")

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


def refuses_unknown(**instead: str) -> Callable[[type[T]], type[T]]:
    """Return a decorator of classes: misspelt attributes of their objects cannot be set either.

    It would do nothing, and nobody would be told. Names that are like none are their users' own; so is what a subclass
    has that is not decorated itself. A method may be replaced by another function, as mocks do. Of misspelt keywords of
    the class's own `__init__` tells `takes`.

    Args:
        **instead: What is to be written, by names that cannot be set, whether there is such an attribute or not.
    """

    def decorate(cls: type[T]) -> type[T]:
        make: Any = takes()(cls.__init__) if "__init__" in vars(cls) else cls.__init__
        set_freely = cls.__setattr__

        @functools.wraps(make)
        def init(self: Any, *given: Any, **named: Any) -> None:
            __tracebackhide__ = True  # for pytest: the caller's line is meant
            make(self, *given, **named)
            if type(self) is cls:
                self.__dict__[_IS_MADE] = True

        def set_attribute(self: Any, name: str, value: Any) -> None:
            if _IS_MADE in self.__dict__ and not name.startswith("_"):
                _refuse_setting(self, name, value, instead)
            set_freely(self, name, value)

        # not in the class's own lines: type checkers would take it that everything can be set
        cls.__init__ = init  # type: ignore[method-assign]
        cls.__setattr__ = set_attribute  # type: ignore[method-assign]
        return cls

    return decorate


_LIKENESS = 0.75

_IS_MADE = "_is_made"
"""What an object has whose attributes are all there."""


def _refuse_setting(owner: object, name: str, value: object, instead: Mapping[str, str]) -> None:
    said = f"{type(owner).__name__!r} object: setting {name!r} does nothing"
    if name in instead:
        raise AttributeError(f"{said}; instead: {instead[name]}", name=name)
    of_class = getattr(type(owner), name, None)
    if callable(of_class) and not callable(value):
        raise AttributeError(f"{said}, for it is a method; instead: {name}(...)", name=name)  # noqa: TRY004
    if name not in vars(owner) and not hasattr(type(owner), name):
        known = [own for own in vars(owner) if not own.startswith("_")]
        known += [own for own, held in _properties(type(owner)) if held.fset is not None]
        near = nearest_name(_INNER_CAPITAL.sub("_", name).lower(), [*known, *instead], _LIKENESS)
        # one that is like none is its owner's own
        if near is not None:
            meant = instead.get(near, repr(near))
            raise AttributeError(f"{said}, for it has no such attribute; did you mean {meant}?", name=name)


def _properties(cls: type) -> list[tuple[str, property]]:
    return [(name, held) for base in cls.__mro__ for name, held in vars(base).items() if isinstance(held, property)]


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
    instead = _attribute_meant(owner, name, meant)
    # without the object Python does not ask a second time
    return AttributeError(f"{said}{did_you_mean(instead, shown=_written)}", name=name, obj=None)


def not_subscriptable(owner: object, key: object, meant: Mapping[str, str]) -> TypeError:
    """Return what Python raises for an indexed object that has no items, with the attribute meant.

    Args:
        owner: What was indexed.
        key: With what.
        meant: What is to be written instead of some names.
    """
    instead = _attribute_meant(owner, key, meant) if isinstance(key, str) else None
    question = did_you_mean(instead, shown=lambda name: f".{name}")
    return TypeError(f"{type(owner).__name__!r} object is not subscriptable{question}")


def _attribute_meant(owner: object, name: str, meant: Mapping[str, str]) -> str | None:
    spelled = _INNER_CAPITAL.sub("_", name).lower()
    public = [known for known in dir(owner) if not known.startswith("_")]
    return meant.get(spelled) or (spelled if spelled in public else nearest_name(spelled, public))


def _written(instead: str) -> str:
    return repr(instead) if instead.isidentifier() else instead

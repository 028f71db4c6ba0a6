"""Keywords that a function does not take: the TypeError says which one was meant."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import CodeType
from typing import Any, TypeVar

from typing_extensions import ParamSpec

from mastra_sync.suggest import did_you_mean, nearest_name

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def takes(options: type | None = None) -> Callable[[Callable[_Given, _Result]], Callable[_Given, _Result]]:
    """Have a function say what it takes when it is given another keyword.

    It raises a `TypeError`, as Python does, which also says what may be meant.

    Args:
        options: The `TypedDict` that its `**options` are of; None without any. A function whose options have no such
            type is left as it is, for nobody knows what it takes.
    """

    def telling(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
        if options is None and _code(function).co_flags & inspect.CO_VARKEYWORDS:
            return function
        names = (*_parameters(function), *(() if options is None else options.__annotations__))
        known = frozenset(names)

        @wraps(function)
        def called(*args: _Given.args, **named: _Given.kwargs) -> _Result:
            __tracebackhide__ = True  # for pytest: the caller's line is meant
            if not known.issuperset(named):
                raise _unexpected(function, next(name for name in named if name not in known), names)
            return function(*args, **named)

        return called

    return telling


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names by which a method can be given arguments, but for `self` and `**options`."""
    code = _code(function)
    return code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]


def _code(function: Callable[..., Any]) -> CodeType:
    code: CodeType = function.__code__
    return code


def _unexpected(function: Callable[..., Any], name: str, names: tuple[str, ...]) -> TypeError:
    """Return what Python raises for a keyword that there is not, with all that there are."""
    owner, _, verb = function.__qualname__.rpartition(".")
    verb = owner if verb in ("__init__", "__call__") else verb
    question = did_you_mean(nearest_name(name, names), after=" It")
    return TypeError(
        f"{verb}() got an unexpected keyword argument {name!r}{question or '; it'} takes {', '.join(names)}"
    )

"""What users may give where they declare something, and what is said of anything else."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Collection, Mapping
from types import FunctionType, MethodType
from typing import Any

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.workflows.javascript import INSTEAD, returned_value
from pytest_mastra.text.values import counted, shown

A_FUNCTION = "a function of the context"


def check_text(given: Any, what: str) -> None:
    """Refuse what is no text, or empty.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty.
    """
    if not isinstance(given, str):
        raise TypeError(f"{what} is a text, not {shown(given)}")
    if not given:
        raise ValueError(f"{what} is a text that is not empty")


def check_name(given: Any, what: str) -> None:
    """Refuse what is neither a text with something in it, nor None.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty.
    """
    if given is not None:
        check_text(given, what)


def check_number(
    given: Any, what: str, *, least: float = -math.inf, most: float = math.inf, whole: bool = False
) -> None:
    """Refuse what is no number, too small a one, or too large.

    Raises:
        TypeError: It is no number, or no whole one.
        ValueError: It is below `least` or above `most`, or no number in the sense of IEEE.
    """
    kinds = int if whole else (int, float)
    if not isinstance(given, kinds) or isinstance(given, bool):
        hint = "; timedelta has total_seconds()" if hasattr(given, "total_seconds") else ""
        raise TypeError(f"{what} is a {'whole ' if whole else ''}number, not {shown(given)}{hint}")
    if not whole and isinstance(given, int) and abs(given) > sys.float_info.max:
        raise ValueError(f"{what} is a number of at most {sys.float_info.max:g}, not one of {given.bit_length()} bits")
    if not given >= least:
        raise ValueError(f"{what} is a number of at least {least:g}, not {given!r}")
    if given > most:
        raise ValueError(f"{what} is a number of at most {most:g}, not {given!r}")


def check_count(given: Any, what: str) -> None:
    """Refuse what is neither a whole number from 0 up nor None, for no limit.

    Raises:
        TypeError: It is no number.
        ValueError: It is one that is not allowed.
    """
    if given is not None:
        check_number(given, what, least=0, whole=True)


def check_prefix(given: Any) -> None:
    """Refuse what cannot be where Mastra's routes are.

    Raises:
        ValueError: It neither begins with a slash nor is empty.
    """
    if not isinstance(given, str) or (given and not given.startswith("/")):
        raise ValueError(f"an api_prefix begins with '/', or is empty, not {given!r}")


def check_truth(given: Any, what: str) -> None:
    """Refuse what is neither True nor False.

    Raises:
        TypeError: It is neither.
    """
    if not isinstance(given, bool):
        raise TypeError(f"{what} is True or False, not {shown(given)}")


def check_function(given: Any, what: str, instead: str, arguments: int = 1) -> None:
    """Refuse what is no function, or one that the fake could not call.

    Args:
        given: What was given.
        what: What it was given for.
        instead: What to write.
        arguments: How many it is called with.

    Raises:
        TypeError: It is none.
    """
    if not callable(given):
        raise TypeError(f"{what} is {A_FUNCTION}, not {shown(given)}; {instead}")
    check_call(given, what, arguments)


def check_call(given: Any, what: str, arguments: int = 1) -> None:
    """Refuse a function that would have to be awaited, or that takes other arguments.

    Raises:
        TypeError: It would, or it does.
    """
    _refuse_async(given, what)
    function, bound = (given.__func__, 1) if isinstance(given, MethodType) else (given, 0)
    # of other callables, as of mocks, nobody knows it so surely
    if isinstance(function, FunctionType) and not _can_take(function, bound + arguments):
        code = function.__code__
        names = code.co_varnames[bound : code.co_argcount + code.co_kwonlyargcount]
        takes = f"takes {', '.join(names)}" if names else "takes nothing"
        hint = ": lambda ctx: ctx.input_data is one" if arguments == 1 else ""
        called = f"it is called with {counted(arguments, 'argument')}{hint}"
        raise TypeError(f"{what} is {A_FUNCTION}, and {_name_of(given)!r} {takes}; {called}")


def _can_take(function: FunctionType, arguments: int) -> bool:
    """Return whether a function can be called with so many arguments."""
    code = function.__code__
    without_default = code.co_argcount - len(function.__defaults__ or ())
    by_name = code.co_kwonlyargcount - len(function.__kwdefaults__ or {})
    takes_more = bool(code.co_flags & inspect.CO_VARARGS)
    return not by_name and without_default <= arguments and (takes_more or arguments <= code.co_argcount)


def _refuse_async(given: Any, what: str) -> None:
    functions = (given, getattr(given, "__call__", None))  # noqa: B004 -- an object may be called as a coroutine
    if any(inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each) for each in functions):
        raise TypeError(
            f"{what} is {A_FUNCTION}, and {_name_of(given)!r} is an async one, which nobody awaits; "
            "write def, and yield seconds for what takes its time"
        )


def _name_of(given: Any) -> str:
    return getattr(given, "__name__", None) or shown(given)


def check_names(given: Collection[str], allowed: Collection[str], what: str) -> None:
    """Refuse names that there are not.

    Raises:
        TypeError: There is no such name; says which may be meant, and which there are.
    """
    for name in given:
        if name not in allowed:
            hint = did_you_mean(nearest_name(name, allowed), before="", after=" ")
            raise TypeError(f"{what} takes no {name!r}: {hint}there are {', '.join(allowed)}")


def check_description(given: Any, what: str) -> None:
    """Refuse a description that is neither a text nor None.

    Raises:
        TypeError: It is neither.
    """
    if given is not None and not isinstance(given, str):
        raise TypeError(f"the description of {what} is a text, not {shown(given)}")


def check_metadata(given: Any, what: str) -> None:
    """Refuse metadata that are neither an object that JSON has nor None.

    Raises:
        TypeError: They are neither.
    """
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise TypeError(f"the metadata of {what} is a mapping like {{'team': 'payments'}}, not {shown(given)}")
    check_json(given, f"the metadata of {what}")


def check_json(given: Any, what: str) -> None:
    """Refuse what JSON has nothing for.

    Raises:
        TypeError: It, or something in it, is no JSON; says what, and where.
    """
    try:
        returned_value(given)
    except (TypeError, ValueError, RecursionError):
        where, culprit = _find_culprit(given, "")
        instead = INSTEAD.get(type(culprit).__name__)
        place = f" at {where}" if where else ""
        hint = f"; {instead}" if instead else ""
        raise TypeError(f"{what} is JSON, not a {type(culprit).__name__}{place}: {shown(culprit, 100)}{hint}") from None


def _find_culprit(value: Any, where: str) -> tuple[str, Any]:
    """Return what in a value is no JSON, and its path."""
    is_list = isinstance(value, (list, tuple))
    for key, item in value.items() if isinstance(value, Mapping) else enumerate(value) if is_list else ():
        try:
            returned_value({key: None})
        except TypeError:
            return f"{where or '$'} as a key", key
        try:
            returned_value(item)
        except (TypeError, ValueError):
            return _find_culprit(item, f"{where or '$'}{f'[{key}]' if is_list else f'.{key}'}")
        except RecursionError:
            return where, value
    return where, value

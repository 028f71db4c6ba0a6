"""The marker `mastra_sweep` and the options beside it: which tests are swept, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from mastra_sync.errors import MastraError
from pytest_mastra.suite import markers, settings
from pytest_mastra.sweep.accepted_points import explain_no_pattern
from pytest_mastra.sweep.families import Family, explain_not_on_live, families_named
from pytest_mastra.sweep.killed import Killed
from pytest_mastra.sweep.points import Points, parse_points
from pytest_mastra.sweep.protocol import is_plain_function

NAME = "mastra_sweep"

ARGUMENTS = ("faults", "rerun", "pairs", "limit", "accept")

USUAL_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a test is swept.

    Attributes:
        families: What may go wrong.
        rerun: Whether the test is run once more after a fault that ended it.
        pairs: Whether a second fault comes after each.
        limit: The most points, and the most pairs.
        documented: Exceptions by which a script may end where something goes wrong.
        accepted_points: Points that may fail, as patterns with `*`.
        is_quick: Whether only what is most often wrong is tried.
        on_live: Whether the server is a live one.
        is_for_one: Whether it was written for this very test, which has no parameters.
    """

    families: tuple[Family, ...]
    rerun: bool = True
    pairs: bool = False
    limit: int = USUAL_LIMIT
    accepted: tuple[type[BaseException], ...] = ()
    accepted_points: tuple[str, ...] = ()
    is_quick: bool = False
    on_live: bool = False
    is_for_one: bool = False
    documented: tuple[type[BaseException], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "documented", (MastraError, Killed, *self.accepted))


def plan_of(item: pytest.Item, *, is_quick: bool, on_live: bool) -> Plan:
    """Return how a test is swept: of several markers, the closest counts."""
    arguments = markers.arguments_of(item, NAME)
    accept = arguments.get("accept", ())
    accept = accept if isinstance(accept, (list, tuple, set, frozenset)) else (accept,)
    families = families_named(arguments.get("faults", "all"), on_live=on_live)
    rerun = arguments.get("rerun", True)
    return Plan(
        # what ends the script is of no use if it is not run again
        families=tuple(family for family in families if rerun or not family.ends_script),
        rerun=rerun,
        pairs=arguments.get("pairs", False),
        limit=arguments.get("limit", USUAL_LIMIT),
        accepted=tuple(one for one in accept if not isinstance(one, str)),
        accepted_points=tuple(one for one in accept if isinstance(one, str)),
        is_quick=is_quick,
        on_live=on_live,
        is_for_one=any(mark.name == NAME for mark in item.own_markers) and not hasattr(item, "callspec"),
    )


def is_swept_on_live(config: pytest.Config) -> bool:
    """Return whether tests are swept on a live server: the command line must ask."""
    sweep = settings.setting(config, "sweep")
    is_asked_for = sweep.origin == "command line" and sweep.value != "off"
    is_live = settings.setting(config, "target").value == "live"
    return is_live and (is_asked_for or config.getoption("mastra_point") is not None)


def check_sweeps(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Look at the markers of all tests that are to be swept.

    Raises:
        UsageError: An argument that there is not, or a test that cannot be swept; says which, and why.
    """
    for item in items:
        if not _is_fine(config, item):
            return


def point_of(config: pytest.Config) -> Points | None:
    """Return what `--mastra-point` names; None if it was not given.

    Raises:
        UsageError: It names no point; says how one is written.
    """
    text = config.getoption("mastra_point")
    if text is None:
        return None
    try:
        return parse_points(text)
    except ValueError as error:
        raise settings.usage_error(f"--mastra-point: {error}") from None


def check_point(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Look whether `--mastra-point` has one test to go wrong with.

    Raises:
        UsageError: It names no point, or there is none or more than one such test, or no fake.
    """
    points = point_of(config) or ()
    target = settings.setting(config, "target").value
    if target == "replay":
        raise settings.usage_error(f"--mastra-point: on {target} nothing can be made to go wrong")
    unfit = [point for point in points if target == "live" and point.family.not_on_live]
    if unfit:
        raise settings.usage_error(f"--mastra-point={unfit[0]}: {explain_not_on_live(unfit[0].family)}")
    marked = [item for item in items if item.get_closest_marker(NAME) is not None]
    if len(marked) != 1:
        found = "none that was chosen has" if not marked else f"{len(marked)} that were chosen have"
        raise settings.usage_error(
            f"--mastra-point names a point of one test with the marker {NAME}, and {found} it: give its node id, "
            "as a failing sweep writes it"
        )


def _is_fine(config: pytest.Config, item: pytest.Item) -> bool:
    try:
        for mark in item.iter_markers(NAME):
            _check_marker(mark, item, on_live=is_swept_on_live(config))
        _check_item(item)
        _check_recording(config)
    except pytest.UsageError as error:
        markers.refuse_usage(config, item, error)
        return False
    return True


def _check_recording(config: pytest.Config) -> None:
    """Refuse to record what is swept: each time other requests are made."""
    record = settings.setting(config, "record")
    if is_swept_on_live(config) and record.origin in settings.EXPLICIT_ORIGINS and record.value != "none":
        raise settings.usage_error(
            f"tests with the marker {NAME} cannot be swept and recorded at once: leave out --mastra-sweep, or record "
            f"{record.value} ({record.origin})"
        )


def _check_item(item: pytest.Item) -> None:
    mark = item.get_closest_marker(NAME)
    if mark is None:
        return
    if not is_plain_function(item):
        markers.refuse(mark, item, f"a {type(item).__name__} cannot be swept; only test functions can")
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        markers.refuse(
            mark, item, "a test of hypothesis cannot be swept: each example makes other requests; take one of them"
        )
    if "subtests" in getattr(item, "fixturenames", ()):
        markers.refuse(mark, item, "a test with subtests cannot be swept: a sweep is one result; take them apart")


def _check_marker(mark: pytest.Mark, item: pytest.Item, *, on_live: bool) -> None:
    markers.check_names(mark, ARGUMENTS, item)
    markers.check_truths(mark, ("rerun", "pairs"), item)
    markers.check_texts(mark, "faults", item)
    faults = "all" if mark.kwargs.get("faults") is None else mark.kwargs["faults"]
    try:
        families = families_named(faults, on_live=on_live)
    except ValueError as error:
        markers.refuse(mark, item, str(error))
    if not families:
        markers.refuse(mark, item, f"faults={faults!r} names none")
    if mark.kwargs.get("rerun") is False and all(family.ends_script for family in families):
        markers.refuse(mark, item, f"faults={faults!r} end the script, and with rerun=False it is not run again")
    limit = mark.kwargs.get("limit")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        markers.refuse(mark, item, f"limit={limit!r} is no whole number from 1 on")
    _check_accept(mark, item)


def _check_accept(mark: pytest.Mark, item: pytest.Item) -> None:
    accept = mark.kwargs.get("accept")
    accept = () if accept is None else accept
    for one in accept if isinstance(accept, (list, tuple, set, frozenset)) else (accept,):
        is_class = isinstance(one, type) and issubclass(one, BaseException)
        if not is_class and not isinstance(one, str):
            markers.refuse(
                mark, item, f"accept={one!r} is neither a class of exceptions nor a point like 'start#1:lost', with *"
            )
        if isinstance(one, str) and (said := explain_no_pattern(one)):
            markers.refuse(mark, item, f"accept={one!r}: {said}")

"""The markers: what a test needs, and what it means to happen."""

from __future__ import annotations

import inspect
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pytest_mastra.fake.api.problems import ALLOWABLE
from pytest_mastra.suite import settings

PACES = ("at_once", "recorded", "real")
"""How a replay takes its time: none; what was recorded, on the test's virtual clock; the same in reality."""

_LONGEST_NAME = 255
"""Bytes of a file's name that every file system takes."""

MARKERS = ("mastra", "mastra_cassette", "mastra_sweep")

CASSETTE_ARGUMENTS = ("path", "record", "strict", "pace", "every_session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The arguments of the marker `mastra`.

    Where several markers say something, the closest to the test counts.

    Attributes:
        live_only: It needs a live server.
        fake_only: It needs a fake: its faults, gates, clock.
        replay: Whether a recording will do.
        generation: The generation of servers that it is about, or several.
        workflows: Workflows that a live server must have, by id or key.
        allow: What may happen in it that would fail another test: `strays`, `step_errors`, `unused_faults`,
            `unused_names`.
    """

    live_only: bool = False
    fake_only: bool = False
    replay: bool = True
    generation: str | Sequence[str] | None = None
    workflows: str | Sequence[str] = ()
    allow: str | Sequence[str] = ()

    @property
    def generations(self) -> tuple[str, ...]:
        """The generations that will do; none if all do."""
        return () if self.generation is None else _as_tuple(self.generation)

    def generation_of_fakes(self, usual: str) -> str:
        """Return what a fake is to behave like for this test."""
        return usual if not self.generations or usual in self.generations else self.generations[0]

    @property
    def needed_workflows(self) -> tuple[str, ...]:
        """The workflows that a live server must have."""
        return _as_tuple(self.workflows)

    @property
    def allowed(self) -> frozenset[str]:
        """What may happen."""
        return frozenset(_as_tuple(self.allow))

    def missing_target(self, target: str) -> str | None:
        """Return why this test cannot run on a target; None if it can."""
        if self.live_only and target != "live":
            return "needs a live server: --mastra-target=live --mastra-url=URL"
        if self.fake_only and target != "fake":
            return f"needs a fake server: not with --mastra-target={target}"
        if not self.replay and target == "replay":
            return "cannot be replayed: mastra(replay=False)"
        return None


def needs_of(item: pytest.Item) -> Needs:
    """Return what a test's markers say."""
    return Needs(**arguments_of(item, "mastra"))


def arguments_of(item: pytest.Item, name: str) -> dict[str, Any]:
    """Return what a test's markers of a name say; the closest counts, and None says nothing."""
    arguments: dict[str, Any] = {}
    for mark in item.iter_markers(name):
        arguments = {**mark.kwargs, **arguments}
    return {argument: value for argument, value in arguments.items() if value is not None}


def check_markers(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Look at the markers of tests that have any, when all are collected.

    Tests that cannot run on the target are marked to be skipped; the others get their surroundings, whether or not
    they ask for a fixture.

    Args:
        config: pytest's.
        items: Those with a marker that is called as ours are, or nearly so.

    Raises:
        UsageError: There is no such marker, or it has an argument that there is not; says which there are.
    """
    target = settings.setting(config, "target").value
    own = {line.partition(":")[0].partition("(")[0].strip() for line in config.getini("markers")}
    for item in items:
        try:
            _check_markers_of(item, own)
        except pytest.UsageError as error:
            refuse_usage(config, item, error)
            return
        if all(mark.name not in MARKERS for mark in item.iter_markers()):
            continue
        reason = needs_of(item).missing_target(target)
        if reason is not None:
            item.add_marker(pytest.mark.skip(reason=reason))
        else:
            _give_surroundings(item)


def refuse_usage(config: pytest.Config, item: pytest.Item, error: pytest.UsageError) -> None:
    """End the run before any test, also from a worker of pytest-xdist.

    Raises:
        UsageError: That one.
    """
    if not hasattr(config, "workerinput"):
        raise error
    # a usage error would end a worker without a word
    config.hook.pytest_collectreport(report=pytest.CollectReport(item.nodeid, "failed", str(error), result=[]))


def asks_for_cassette(item: pytest.Item) -> bool:
    """Return whether a test says that it has a cassette: by marker or fixture."""
    has_marker = item.get_closest_marker("mastra_cassette") is not None
    return has_marker or "mastra_cassette" in getattr(item, "fixturenames", ())


def _check_markers_of(item: pytest.Item, registered: Collection[str]) -> None:
    for mark in item.iter_markers():
        if mark.name.startswith("mastra") and mark.name not in registered:
            hint = settings.suggest(mark.name, MARKERS)
            refuse(
                mark,
                item,
                f"there is no such marker: {hint}there are {', '.join(MARKERS)}; one of your own is registered in the "
                "ini file, under `markers`",
            )
    for mark in item.iter_markers("mastra"):
        _check_mastra(mark, item)
    for mark in item.iter_markers("mastra_cassette"):
        check_cassette_marker(mark, item)


def check_cassette_marker(mark: pytest.Mark, item: pytest.Item) -> None:
    """Look at the arguments of a test's marker `mastra_cassette`.

    Raises:
        UsageError: An argument that there is not, or a value that there is not; says which there are.
    """
    check_names(mark, CASSETTE_ARGUMENTS, item)
    _check_choice(mark, "record", settings.CHOICES["record"], item)
    _check_choice(mark, "pace", PACES, item)
    check_truths(mark, ("strict", "every_session"), item)
    path = mark.kwargs.get("path")
    if path is not None:
        _check_path(mark, str(path), item)


def _check_path(mark: pytest.Mark, path: str, item: pytest.Item) -> None:
    if Path(path).suffix not in {".yaml", ".yml"}:
        refuse(mark, item, f"path={path!r} does not end in .yaml")
    if "\0" in path or any(len(os.fsencode(part)) > _LONGEST_NAME for part in Path(path).parts):
        refuse(mark, item, f"path={path!r} is none: names have at most {_LONGEST_NAME} bytes, and no zero byte")
    folder = settings.folder(item.config, "cassette_dir")
    # where it leads, by symbolic links too
    whole = Path(os.path.realpath(folder / path))
    if not whole.is_relative_to(os.path.realpath(folder)) and not item.config.getini("mastra_cassette_outside"):
        refuse(
            mark,
            item,
            f"path={path!r} leads out of {folder}, the folder of all cassettes, to {whole}; if this is meant: "
            "mastra_cassette_outside = true in the ini file",
        )


def _check_mastra(mark: pytest.Mark, item: pytest.Item) -> None:
    check_names(mark, tuple(field.name for field in fields(Needs)), item)
    _check_values(mark, "generation", settings.CHOICES["generation"], item)
    if mark.kwargs.get("generation") is not None and not mark.kwargs["generation"]:
        refuse(mark, item, f"generation={mark.kwargs['generation']!r} names none")
    _check_values(mark, "allow", ALLOWABLE, item)
    check_truths(mark, ("live_only", "fake_only", "replay"), item)
    check_texts(mark, "workflows", item)


def check_truths(mark: pytest.Mark, names: tuple[str, ...], item: pytest.Item) -> None:
    """Refuse arguments of these names that are neither true nor false."""
    for name in names:
        value = mark.kwargs.get(name)
        if not (value is None or isinstance(value, bool)):
            refuse(mark, item, f"{name}={value!r} is neither True nor False")


def check_names(mark: pytest.Mark, allowed: tuple[str, ...], item: pytest.Item) -> None:
    """Refuse arguments that there are not, and those without a name."""
    if mark.args:
        refuse(mark, item, f"takes arguments by name only, not {mark.args[0]!r}; there are {', '.join(allowed)}")
    for name in mark.kwargs:
        if name not in allowed:
            hint = settings.suggest(name, allowed)
            refuse(mark, item, f"no argument {name!r}: {hint}there are {', '.join(allowed)}")


def _check_choice(mark: pytest.Mark, name: str, allowed: tuple[str, ...], item: pytest.Item) -> None:
    """Refuse a value that is none of those allowed."""
    value = mark.kwargs.get(name)
    if value is not None and value not in allowed:
        refuse(mark, item, f"no {name} {value!r}: {settings.suggest(value, allowed)}there are {', '.join(allowed)}")


def _check_values(mark: pytest.Mark, name: str, allowed: tuple[str, ...], item: pytest.Item) -> None:
    """Refuse a value, or one of several, that is none of those allowed."""
    check_texts(mark, name, item)
    value = mark.kwargs.get(name)
    for one in () if value is None else _as_tuple(value):
        if one not in allowed:
            refuse(mark, item, f"no {name} {one!r}: {settings.suggest(one, allowed)}there are {', '.join(allowed)}")


def check_texts(mark: pytest.Mark, name: str, item: pytest.Item) -> None:
    """Refuse what is neither a text with something in it nor several."""
    value = mark.kwargs.get(name)
    if value is None:
        return
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple, set, frozenset)) or not all(isinstance(each, str) for each in texts):
        refuse(mark, item, f"{name}={value!r} is neither a text nor a list of texts")
    if "" in texts:
        refuse(mark, item, f"{name}={value!r} has an empty text in it")


def refuse(mark: pytest.Mark, item: pytest.Item, what: str) -> NoReturn:
    """Refuse a test's marker.

    Raises:
        UsageError: Says which test's, and what is wrong with it.
    """
    raise settings.usage_error(f"{item.nodeid}: @pytest.mark.{mark.name}: {what}")


def _as_tuple(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _give_surroundings(item: pytest.Item) -> None:
    """Have a test use the fixture `mastra_target`, before other fixtures of its own."""
    names = getattr(item, "fixturenames", None)
    if names is None or "mastra_target" in names:
        return
    definitions = inspect.getattr_static(item, "_fixtureinfo", None)
    # the fixtures of an item are not public
    known = {} if definitions is None else item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined] # noqa: SLF001
    wider = [index for index, name in enumerate(names) if name in known and known[name][-1].scope != "function"]
    names.insert(max(wider, default=-1) + 1, "mastra_target")

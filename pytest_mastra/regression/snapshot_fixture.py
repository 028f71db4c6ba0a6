"""`mastra_snapshot`: what a run did, against what syrupy has stored of it."""

# ruff: noqa: PLC0415 -- syrupy need not be installed

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mastra_sync.documentation import see_error
from pytest_mastra.suite.scene import SCENE

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.regression.differing_steps import ComparedRun
    from pytest_mastra.text.differences import Difference


def snapshot_of(request: pytest.FixtureRequest) -> SnapshotAssertion:
    """Return a test's snapshot assertion, which stores runs as `snapshot_extension.RunSnapshotExtension` does.

    Raises:
        UsageError: syrupy is not installed or switched off, or `snapshot` is another plugin's fixture.
    """
    if importlib.util.find_spec("syrupy") is None:
        raise pytest.UsageError(
            "mastra_snapshot needs syrupy, which is not installed: pip install 'mastra-sync[snapshots]'"
        )
    if not request.config.pluginmanager.has_plugin("syrupy"):
        raise pytest.UsageError("mastra_snapshot needs syrupy, which is switched off here: leave out -p no:syrupy")

    from syrupy.assertion import SnapshotAssertion

    from pytest_mastra.regression.snapshot_extension import RunSnapshotExtension

    assertion = request.getfixturevalue("snapshot")
    if not isinstance(assertion, SnapshotAssertion):
        raise pytest.UsageError(
            "mastra_snapshot builds on syrupy's fixture `snapshot`, but here that is a "
            f"{type(assertion).__module__}.{type(assertion).__qualname__}: another plugin or a conftest replaces it"
        )
    assertion = assertion.use_extension(RunSnapshotExtension)
    extension: Any = assertion.extension
    extension.scrub = lambda outcome: _scrubber(request).data(outcome)
    extension.note = partial(_note, request)
    request.addfinalizer(partial(_refuse_unasked, request, extension))
    return assertion


def _refuse_unasked(request: pytest.FixtureRequest, extension: Any) -> None:
    """Fail a test that has passed without asserting anything of a run by its snapshot."""
    scene = request.node.stash.get(SCENE, None)
    if scene is None or not scene.passed:
        return
    words = ""
    if extension.bare:
        places = ", ".join(dict.fromkeys(extension.bare))
        words = f"what was compared with mastra_snapshot at {places} was not asserted: assert result == mastra_snapshot"
    elif not extension.is_asked:
        words = "mastra_snapshot was asked for, and nothing was compared with it: assert result == mastra_snapshot"
    if words:
        pytest.fail(f"{words}\n  {see_error('nothing-asserted')}", pytrace=False)


def _note(request: pytest.FixtureRequest, found: Iterable[Difference], runs: Sequence[ComparedRun]) -> None:
    """Have the test's scene know in what a run differs from the snapshot."""
    from pytest_mastra.regression.differing_steps import notes_of

    scene = request.node.stash.get(SCENE, None)
    if scene is not None:
        scene.note_differences(notes_of(found, runs, "snapshot"))


def _scrubber(request: pytest.FixtureRequest) -> Scrubber:
    """Return a scrubber that knows the secrets of this test's exchanges so far."""
    from pytest_mastra.redact.scrubber import learn_secrets

    scene = request.node.stash.get(SCENE, None)
    return learn_secrets(scene.log if scene is not None else (), request.config)

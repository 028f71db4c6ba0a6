"""What becomes of a test with a cassette: a table of record mode, target, and whether there is one."""

from __future__ import annotations

from itertools import product

import pytest

from pytest_mastra.cassettes.decisions import DECISIONS, FAILURES, SKIPS, Decision, decide
from pytest_mastra.suite.settings import CHOICES

EVERY = list(product(CHOICES["record"], CHOICES["target"], [True, False]))


def test_every_combination_stands_in_the_table() -> None:
    """Each record mode with each target, with a cassette and without; and nothing else."""
    assert sorted(DECISIONS) == sorted(EVERY)


@pytest.mark.parametrize(("mode", "target", "exists"), EVERY)
@pytest.mark.parametrize("is_asked_for", [True, False])
@pytest.mark.parametrize("has_server", [True, False])
def test_each_combination(mode: str, target: str, *, exists: bool, is_asked_for: bool, has_server: bool) -> None:
    """What happens is what the rules of the record modes say, told as sentences and not as a table."""
    decision = decide(mode, target, exists=exists, is_asked_for=is_asked_for, has_server=has_server)
    assert decision is _by_the_rules(mode, target, exists=exists, is_asked_for=is_asked_for, has_server=has_server)


def _by_the_rules(  # noqa: PLR0911 -- a rule each
    mode: str, target: str, *, exists: bool, is_asked_for: bool, has_server: bool
) -> Decision:
    if target == "replay":
        return Decision.REPLAY if exists else Decision.SKIP_NOTHING_RECORDED
    if mode == "none" and target == "fake" and not exists:
        return Decision.FAIL_NOTHING_RECORDED
    if mode == "verify" and not exists and is_asked_for:
        return Decision.FAIL_NOTHING_TO_VERIFY
    if target == "fake" and exists and mode in {"none", "once"}:
        return Decision.REPLAY
    if not has_server:
        return Decision.FAIL_NO_SERVER_TO_ASK if exists else Decision.FAIL_NO_SERVER_TO_RECORD
    if mode == "new_episodes":
        return Decision.RECORD_NEW_EPISODES
    if mode == "rewrite" or (mode == "once" and not exists):
        return Decision.RECORD
    return Decision.COMPARE if mode == "verify" else Decision.ONLY_ASK


def test_a_test_ends_with_what_is_called_so() -> None:
    """A decision that is called a skip is one, one that is called a failure is one, and no other is."""
    assert {decision for decision in Decision if decision.name.startswith("SKIP_")} == SKIPS
    assert {decision for decision in Decision if decision.name.startswith("FAIL_")} == FAILURES


@pytest.mark.parametrize("decision", [decision for decision in Decision if decision in SKIPS | FAILURES])
def test_what_a_test_ends_with_has_no_gap(decision: Decision) -> None:
    """It names the cassette or the mode, and what to do; all that it leaves open is filled in."""
    words = decision.value.format(cassette="a.yaml", mode="once", command="pytest --mastra-record=once")
    assert "{" not in words
    assert "a.yaml" in words or "--mastra-record=once" in words
    assert "--mastra-" in words

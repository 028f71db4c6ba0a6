"""What becomes of a test that has to do with a cassette: a table."""

from __future__ import annotations

from enum import Enum

from pytest_mastra.suite.settings import HOW_TO_GIVE_URL


class Decision(Enum):
    """What becomes of a test; in words what that means, or what the test ends with.

    In the words that a test ends with, `{cassette}` is the file, `{mode}` the record mode, `{command}` what records it.
    """

    REPLAY = "the cassette answers"
    RECORD = "the live server answers, and what it says is the new cassette"
    RECORD_NEW_EPISODES = "the cassette answers what it knows, the live server everything else, which is added"
    COMPARE = "the live server answers, and what it says is held against the cassette"
    ONLY_ASK = "the live server answers, and nothing is written"

    SKIP_NOTHING_RECORDED = "no cassette {cassette}; record it: {command}"
    FAIL_NOTHING_RECORDED = (
        "there is no cassette {cassette}, and with --mastra-record=none none is recorded.\nRecord it: {command}"
    )
    FAIL_NOTHING_TO_VERIFY = "there is no cassette {cassette} to verify.\nRecord it: {command}"
    FAIL_NO_SERVER_TO_ASK = (
        f"--mastra-record={{mode}} asks the live server, and nobody says where that is: {HOW_TO_GIVE_URL}"
    )
    FAIL_NO_SERVER_TO_RECORD = (
        f"there is no cassette {{cassette}}, to record it asks the live server, and nobody says where that is: "
        f"{HOW_TO_GIVE_URL}"
    )


SKIPS = frozenset({Decision.SKIP_NOTHING_RECORDED})
FAILURES = frozenset(
    {
        Decision.FAIL_NOTHING_RECORDED,
        Decision.FAIL_NOTHING_TO_VERIFY,
        Decision.FAIL_NO_SERVER_TO_ASK,
        Decision.FAIL_NO_SERVER_TO_RECORD,
    }
)
WRITES = frozenset({Decision.RECORD, Decision.RECORD_NEW_EPISODES})

_ASK_A_SERVER = WRITES | {Decision.COMPARE, Decision.ONLY_ASK}

# fmt: off
DECISIONS: dict[tuple[str, str, bool], Decision] = {
    # (mode,         target,   cassette exists): what happens
    ("none",         "fake",   True):  Decision.REPLAY,
    ("none",         "fake",   False): Decision.FAIL_NOTHING_RECORDED,
    ("none",         "live",   True):  Decision.ONLY_ASK,
    ("none",         "live",   False): Decision.ONLY_ASK,
    ("none",         "replay", True):  Decision.REPLAY,
    ("none",         "replay", False): Decision.SKIP_NOTHING_RECORDED,
    ("once",         "fake",   True):  Decision.REPLAY,
    ("once",         "fake",   False): Decision.RECORD,
    ("once",         "live",   True):  Decision.ONLY_ASK,
    ("once",         "live",   False): Decision.RECORD,
    ("once",         "replay", True):  Decision.REPLAY,
    ("once",         "replay", False): Decision.SKIP_NOTHING_RECORDED,
    ("new_episodes", "fake",   True):  Decision.RECORD_NEW_EPISODES,
    ("new_episodes", "fake",   False): Decision.RECORD_NEW_EPISODES,
    ("new_episodes", "live",   True):  Decision.RECORD_NEW_EPISODES,
    ("new_episodes", "live",   False): Decision.RECORD_NEW_EPISODES,
    ("new_episodes", "replay", True):  Decision.REPLAY,
    ("new_episodes", "replay", False): Decision.SKIP_NOTHING_RECORDED,
    ("rewrite",      "fake",   True):  Decision.RECORD,
    ("rewrite",      "fake",   False): Decision.RECORD,
    ("rewrite",      "live",   True):  Decision.RECORD,
    ("rewrite",      "live",   False): Decision.RECORD,
    ("rewrite",      "replay", True):  Decision.REPLAY,
    ("rewrite",      "replay", False): Decision.SKIP_NOTHING_RECORDED,
    ("verify",       "fake",   True):  Decision.COMPARE,
    ("verify",       "fake",   False): Decision.FAIL_NOTHING_TO_VERIFY,
    ("verify",       "live",   True):  Decision.COMPARE,
    ("verify",       "live",   False): Decision.FAIL_NOTHING_TO_VERIFY,
    ("verify",       "replay", True):  Decision.REPLAY,
    ("verify",       "replay", False): Decision.SKIP_NOTHING_RECORDED,
}
# fmt: on
"""What happens, by record mode, target, and whether the cassette exists."""


def decide(mode: str, target: str, *, exists: bool, is_asked_for: bool, has_server: bool) -> Decision:
    """Return what becomes of a test.

    Args:
        mode: The record mode.
        target: What tests run against, by the settings.
        exists: Whether there is a cassette.
        is_asked_for: Whether the test itself says that it has one.
        has_server: Whether anybody says where the live server is.
    """
    decision = DECISIONS[mode, target, exists]
    if decision is Decision.FAIL_NOTHING_TO_VERIFY and not is_asked_for:
        # a whole suite is verified: this test is named among those that have no cassette
        decision = Decision.COMPARE
    if decision in _ASK_A_SERVER and not has_server:
        return Decision.FAIL_NO_SERVER_TO_ASK if exists else Decision.FAIL_NO_SERVER_TO_RECORD
    return decision

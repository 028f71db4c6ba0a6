"""What a caller hands in is of its kind, or `InvalidArgument` by its name, before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from mastra_sync import InvalidArgument, MastraClient
from mastra_sync.deadline import SystemClock

VALUES: dict[str, Any] = {
    "None": None,
    "no-text": "",
    "text": "x",
    "half": "\ud800",
    "0": 0,
    "-1": -1,
    "1": 1,
    "2.5": 2.5,
    "1e300": 1e300,
    "huge": 10**400,
    "nan": math.nan,
    "inf": math.inf,
    "True": True,
    "False": False,
    "no-list": [],
    "list": ["x"],
    "no-mapping": {},
    "mapping": {"x": "y"},
    "by-number": {1: 2},
    "pair": (1, 2),
    "set": {1},
    "bytes": b"x",
    "object": object(),
    "class": dict,
    "function": lambda value: value,
    "ages": timedelta.max,
    "session": requests.Session(),
    "class-of-sessions": requests.Session,
    "clock": SystemClock(),
    "class-of-clocks": SystemClock,
}

DURATION = "None 1 2.5 1e300 huge inf ages"

CALLS: dict[str, str] = {
    "base_url": "None",
    "api_prefix": "no-text text",
    "headers": "None no-mapping mapping",
    "token": "None no-text text function class class-of-sessions class-of-clocks",
    "timeout": f"{DURATION} pair",
    "retries": "None 0 1",
    "backoff": f"{DURATION} 0",
    "session": "None session",
    "adapter": "None function class class-of-sessions class-of-clocks",
    "reply_limit": "None 1",
    "clock": "None clock",
}


@pytest.mark.parametrize("argument", CALLS)
def test_of_a_client(argument: str) -> None:
    """A client is made, or says which argument is of the wrong kind."""
    refused = {
        kind: refusal(lambda given: MastraClient(**{"base_url": "http://here", **given}), argument, value)
        for kind, value in VALUES.items()
    }
    assert [kind for kind, name in refused.items() if name is None] == [
        kind for kind in VALUES if kind in CALLS[argument].split()
    ]
    assert {name.partition("[")[0] for name in refused.values() if name is not None} == {argument}


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("partial", lambda client, given: client.list_workflows(**given)),
        ("progress", lambda client, given: client.get_workflow("w").execute({}, **given)),
        ("with_nested_workflows", lambda client, given: client.get_workflow("w").run_by_id("r", **given)),
    ],
)
def test_of_a_switch(argument: str, call: Callable[[MastraClient, dict[str, Any]], object]) -> None:
    """What would count as yes, such as the text `no`, is refused."""
    others = {kind: value for kind, value in VALUES.items() if not isinstance(value, bool) and value is not None}
    with MastraClient("http://127.0.0.1:1", token="", retries=0) as client:
        refused = {kind: refusal(lambda given: call(client, given), argument, value) for kind, value in others.items()}
    assert refused == dict.fromkeys(others, argument)


def test_a_time_that_nothing_can_wait_is_for_ever() -> None:
    """A socket refuses more than some 292 years."""
    timeouts = MastraClient("http://here", timeout=(1e300, timedelta.max)).api.timeouts
    assert (timeouts.connect, timeouts.read) == (None, None)


def test_no_time_at_all() -> None:
    """A client that gives its server none could never have an answer."""
    with pytest.raises(InvalidArgument, match="timeout: must be more than 0"):
        MastraClient("http://here", timeout=(5, 0))


def refusal(call: Callable[[dict[str, Any]], object], argument: str, value: Any) -> str | None:
    """Return which argument a call refuses; None if it takes this one."""
    try:
        call({argument: value})
    except InvalidArgument as error:
        return error.argument
    return None

"""A misspelt option is refused with the name that was meant, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync.options import (
    ResumeOptions,
    StartOptions,
    StreamOptions,
    StreamStartOptions,
    TimeTravelOptions,
    check_names,
)
from tests.client.scripted import client_of

# verb, its positional arguments, the name as written, the name that was meant
WRONG: list[tuple[str, tuple[Any, ...], str, str]] = [
    ("start", (1,), "inital_state", "initial_state"),
    ("start_async", (1,), "resourceid", "resource_id"),
    ("stream", (1,), "idle_timout", "idle_timeout"),
    ("stream", (1,), "close_onsuspend", "close_on_suspend"),
    ("observe", (), "on_gab", "on_gap"),
    ("resume", (1,), "foreach_index", "for_each_index"),
    ("resume_async", (1,), "labels", "label"),
    ("resume_no_wait", (1,), "perstep", "per_step"),
    ("resume_stream", (1,), "on_suspended", "on_suspend"),
    ("restart", (), "request_contxt", "request_context"),
    ("restart_async", (), "tracing_option", "tracing_options"),
    ("time_travel", ("a",), "resumedata", "resume_data"),
    ("time_travel_async", ("a",), "contxt", "context"),
    ("time_travel_stream", ("a",), "nested_step_context", "nested_steps_context"),
    ("execute", (1,), "inital_state", "initial_state"),
    ("map", ([1],), "agian", "again"),
]


@pytest.mark.parametrize(("verb", "given", "written", "meant"), WRONG)
def test_each_verb_names_what_was_meant(verb: str, given: tuple[Any, ...], written: str, meant: str) -> None:
    """A TypeError, as Python raises it for any function, with the nearest name; nothing was sent."""
    client, transport = client_of(lambda request: {})
    workflow = client.get_workflow("w")
    call = getattr(workflow, verb, None) or getattr(workflow.get_run("r"), verb)
    with pytest.raises(TypeError) as caught:
        call(*given, **{written: 1})
    assert str(caught.value) == f"{verb}() got an unexpected keyword argument {written!r}; did you mean {meant!r}?"
    assert transport.requests == []


def test_a_name_that_is_like_none() -> None:
    """Then all names are listed."""
    with pytest.raises(TypeError, match=r"'xyz'; it takes idle_timeout, on_gap, on_suspend, timeout$"):
        check_names({"xyz": 1}, StreamOptions, "observe")


@pytest.mark.parametrize("known", [StartOptions, ResumeOptions, TimeTravelOptions, StreamStartOptions])
def test_known_names_pass(known: type) -> None:
    """Those that a verb shares with others too."""
    check_names(dict.fromkeys(known.__annotations__), known, "verb")
    assert "request_context" in known.__annotations__


def test_wrong_options_of_a_stream_are_refused_before_anything_is_sent() -> None:
    """A stream that would never give up, or behave in a way that is not known, is not opened."""
    client, transport = client_of(lambda request: {})
    run = client.get_workflow("w").get_run("r")
    wrong: list[tuple[str, Any]] = [
        ("timeout", -1), ("timeout", "5"), ("idle_timeout", 0), ("idle_timeout", -1), ("idle_timeout", None),
        ("idle_timeout", float("inf")), ("on_gap", "skip"),
    ]  # fmt: skip
    for name, value in wrong:
        for call in (run.stream, run.observe, run.resume_stream):
            with pytest.raises(ValueError, match=f"^{name}: "):
                call(**{name: value})
    with pytest.raises(ValueError, match=r"^offset: "):
        run.observe(offset=-1)
    assert transport.requests == []

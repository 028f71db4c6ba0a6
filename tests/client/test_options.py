"""A misspelt option is refused with the name that was meant, before anything is sent."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from mastra_sync import MastraClient
from mastra_sync.keywords import takes
from mastra_sync.options import StartOptions
from tests.client.scripted import client_of

# verb, its positional arguments, the name as written, the name that was meant
WRONG: list[tuple[str, tuple[Any, ...], str, str]] = [
    ("start", (1,), "inital_state", "initial_state"),
    ("start_async", (1,), "time_out", "timeout"),
    ("start_async", (1,), "resourceid", "resource_id"),
    ("stream", (1,), "idle_timout", "idle_timeout"),
    ("stream", (1,), "close_onsuspend", "close_on_suspend"),
    ("wait", (), "time_out", "timeout"),
    ("wait", (), "startgrace", "start_grace"),
    ("observe", (), "on_gab", "on_gap"),
    ("resume", (), "resumeData", "resume_data"),
    ("resume", (1,), "foreach_index", "for_each_index"),
    ("resume_async", (1,), "labels", "label"),
    ("resume_no_wait", (1,), "perstep", "per_step"),
    ("resume_stream", (1,), "on_suspended", "on_suspend"),
    ("restart", (), "request_contxt", "request_context"),
    ("restart_async", (), "tracing_option", "tracing_options"),
    ("time_travel", ("a",), "resumedata", "resume_data"),
    ("time_travel_async", ("a",), "contxt", "context"),
    ("time_travel_stream", ("a",), "nested_step_context", "nested_steps_context"),
    ("execute", (1,), "time_out", "timeout"),
    ("execute", (1,), "inital_state", "initial_state"),
    ("map", ([1],), "agian", "again"),
    ("map", ([1],), "max_worker", "max_workers"),
    ("create_run", (), "resourceId", "resource_id"),
    ("runs", (), "perpage", "per_page"),
    ("iter_runs", (), "perPage", "per_page"),
    ("run_by_id", ("r",), "field", "fields"),
    ("details", (), "requestcontext", "request_context"),
    ("list_workflows", (), "partail", "partial"),
    ("iter_suspended", (), "perPage", "per_page"),
]
START = "initial_state, resource_id, if_started, again"
MOVE = "request_context, tracing_options, per_step"


@pytest.mark.parametrize(("verb", "given", "written", "meant"), WRONG)
def test_each_verb_names_what_was_meant(verb: str, given: tuple[Any, ...], written: str, meant: str) -> None:
    """A TypeError, as Python raises it for any function, with the nearest name and all that there are."""
    client, transport = client_of(lambda request: {})
    workflow = client.get_workflow("w")
    places = (client, workflow, workflow.get_run("r"))
    call = next(getattr(place, verb) for place in places if hasattr(place, verb))
    with pytest.raises(TypeError) as caught:
        call(*given, **{written: 1})
    message = str(caught.value)
    start = f"{verb}() got an unexpected keyword argument {written!r}; did you mean {meant!r}? It takes "
    assert message.startswith(start)
    # with the handle's own names, as its signature has them, and those of its options
    names = message.removeprefix(start).split(", ")
    signature = [name for name in inspect.signature(call).parameters if name != "options"]
    assert names[: len(signature)] == signature
    assert meant in names
    assert transport.requests == []


def test_all_that_a_verb_takes_is_listed() -> None:
    """Its own arguments first, in the order of its signature, then its options."""
    client, _ = client_of(lambda request: {})
    with pytest.raises(TypeError) as caught:
        client.get_workflow("w").execute({}, time_out=3)  # type: ignore[call-arg]
    assert str(caught.value) == (
        "execute() got an unexpected keyword argument 'time_out'; did you mean 'timeout'? It takes "
        f"input_data, run_id, timeout, on_update, progress, disable_scorers, {MOVE}, {START}"
    )


def test_the_client_is_made_with_names_that_there_are() -> None:
    """Its constructor says the same of what it does not take."""
    with pytest.raises(TypeError) as caught:
        MastraClient("http://h", api_prefx="/x")  # type: ignore[call-arg]
    assert str(caught.value) == (
        "MastraClient() got an unexpected keyword argument 'api_prefx'; did you mean 'api_prefix'? It takes base_url, "
        "api_prefix, headers, token, timeout, retries, backoff, verify, cert, session, adapter, reply_limit, clock"
    )


def test_a_name_that_is_like_none() -> None:
    """Then there is no question, but the same list."""
    client, _ = client_of(lambda request: {})
    with pytest.raises(TypeError, match=r"'xyz'; it takes offset, timeout, idle_timeout, on_gap, on_suspend$"):
        client.get_workflow("w").get_run("r").observe(xyz=1)  # type: ignore[call-arg]


def test_known_names_pass() -> None:
    """Those that a verb shares with others too; the function's own name, documentation and signature stay."""

    class Handle:
        @takes(StartOptions)
        def verb(self, first: int, *, second: int = 2, **options: Any) -> dict[str, Any]:
            """Say what was given."""
            return {"first": first, "second": second, **options}

    known: dict[str, Any] = dict.fromkeys(StartOptions.__annotations__)
    assert Handle().verb(first=1, **known) == {"first": 1, "second": 2, **known}
    assert (Handle.verb.__name__, Handle.verb.__doc__) == ("verb", "Say what was given.")
    assert list(inspect.signature(Handle.verb).parameters) == ["self", "first", "second", "options"]
    assert "request_context" in known


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

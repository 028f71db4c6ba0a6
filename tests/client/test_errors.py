"""The exceptions: one tree as it is drawn, plain values, whole after pickling, and a first line that says it all."""

from __future__ import annotations

import inspect
import pickle
import re
from typing import Any

import pytest

import mastra_sync
from mastra_sync import MastraError, RunFailed, RunResult, errors
from tests.client.captures import capture

TREE_LINE = re.compile(r"^(?P<indent>[│ ├└─]*)(?P<name>[A-Z]\w+)(?: \((?P<other>\w+)\))?(?: |$)")


def drawn() -> dict[str, tuple[str, ...]]:
    """Return the bases of each exception, as the drawing in the module's docstring has them."""
    assert errors.__doc__ is not None
    tree: dict[str, tuple[str, ...]] = {}
    above: list[str] = []
    for line in errors.__doc__.split("```")[1].strip().splitlines():
        found = TREE_LINE.match(line)
        assert found, line
        depth = len(found["indent"]) // 3
        above = [*above[:depth], found["name"]]
        parent = above[depth - 1] if depth else "Exception"
        tree[found["name"]] = (parent, *([found["other"]] if found["other"] else []))
    return tree


def real() -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(base.__name__ for base in kind.__bases__)
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, MastraError)
    }


def test_the_tree_is_as_it_is_drawn() -> None:
    """The drawing at the top of the module and the classes below it are the same tree, in the same order."""
    assert list(drawn().items()) == list(real().items())


def test_every_exception_can_be_imported_from_the_package() -> None:
    """Whatever may be raised may be caught by name, and tracebacks show that name."""
    for name in real():
        assert name in mastra_sync.__all__
        assert getattr(mastra_sync, name).__module__ == "mastra_sync"


RESULT = RunResult.model_validate(capture("failed-error")["current"]["by_id"])
STATUS_FIELDS = {
    "method": "POST",
    "url": "http://h/api/x",
    "status_code": 500,
    "issues": [{"field": "n", "message": "wrong"}],
    "run_id": "r1",
    "body": {"error": "said"},
    "retry_after": 1.5,
}
CONNECTION = (("was cut",), {"method": "GET", "url": "http://h/x", "run_id": "r1", "sent": False})
EXAMPLES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "MastraError": (("text",), {}),
    "ClientClosed": ((), {}),
    "InvalidArgument": (("input_data.a", "is wrong"), {}),
    "APIConnectionError": CONNECTION,
    "APITimeoutError": CONNECTION,
    "StepNotSuspended": (("said",), {**STATUS_FIELDS, "available": ["a", "b"]}),
    "SeveralStepsSuspended": (("said",), {**STATUS_FIELDS, "available": ["a", "b"]}),
    "InputMismatch": (("said",), {**STATUS_FIELDS, "argument": "input_data", "paths": ["a", "b[0].c"]}),
    "UnexpectedRedirect": (("said",), {**STATUS_FIELDS, "location": "http://other"}),
    "ResponseFormatError": (("odd",), {"method": "GET", "url": "http://h/x", "run_id": "r1", "excerpt": "'<html>'"}),
    "ReplyTooLarge": ((1000,), {"method": "GET", "url": "http://h/x", "run_id": "r1"}),
    "UnsupportedByServer": (("resume_no_wait",), {"generation": "1.2", "advice": "Use resume"}),
    "RunsNotListed": (({"pay": mastra_sync.MastraError("said")},), {"workflows": 3, "withheld": ["card"]}),
    "OutcomeUnknown": (("start",), {"workflow_id": "w", "run_id": "r1", "last_status": "pending"}),
    "RunNotStarted": (("start",), {"workflow_id": "w", "run_id": "r1", "status": "pending", "waited": 10.0}),
    "NoSuchStep": (("lokup",), {"statuses": {"lookup": "success"}}),
    "RunTimeout": ((), {"workflow_id": "w", "run_id": "r1", "last_status": "running", "waited": 3600.0}),
    "StreamError": (("text",), {}),
    "MalformedRecord": ((17, "'{'", "not JSON"), {}),
    "RecordTooLarge": ((17, 100), {}),
    "StreamInterrupted": (("cut",), {"workflow_id": "w", "run_id": "r1", "last_event": "x", "position": 3}),
}


def example(name: str) -> MastraError:
    kind = getattr(mastra_sync, name)
    positional, named = EXAMPLES.get(name, (("said",), STATUS_FIELDS))
    error: MastraError = kind(RESULT) if issubclass(kind, mastra_sync.RunError) else kind(*positional, **named)
    return error


@pytest.mark.parametrize("name", real())
def test_pickling_loses_nothing(name: str) -> None:
    """An exception comes back from another process with its type, text and every attribute."""
    error = example(name)
    error.more = "added later"  # type: ignore[attr-defined]
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.args == error.args
    assert str(again) == str(error)
    # exceptions are equal to nothing but themselves
    assert repr(again.__dict__) == repr(error.__dict__)


@pytest.mark.parametrize(
    "name", [name for name in real() if issubclass(getattr(mastra_sync, name), mastra_sync.APIStatusError)]
)
def test_said_in_other_words(name: str) -> None:
    """A refusal with another message is of the same type and has every other attribute; the first one stays."""
    error = example(name)
    assert isinstance(error, mastra_sync.APIStatusError)
    error.attempts, error.seconds = 3, 2.0
    again = errors.with_message(error, "said otherwise\nand more")
    assert type(again) is type(error)
    assert vars(again) == {**vars(error), "message": "said otherwise\nand more"}
    begin = "500 said otherwise  [POST http://h/api/x] (run r1), after 3 attempts in 2.0 s\n  and more\n  n: wrong"
    assert str(again).startswith(begin)
    assert (error.message, str(again)[str(again).index("n: wrong") :]) == (
        "said",
        str(error)[str(error).index("n: wrong") :],
    )


@pytest.mark.parametrize("name", real())
def test_attributes_are_what_was_given(name: str) -> None:
    """Each value that an exception takes is an attribute, documented under its class or one above."""
    error = example(name)
    documented = "".join(inspect.getdoc(kind) or "" for kind in type(error).__mro__ if issubclass(kind, MastraError))
    for attribute in vars(error):
        assert re.search(rf"^ +{attribute}: ", documented, re.MULTILINE), attribute
    for attribute, value in EXAMPLES.get(name, ((), {}))[1].items():
        if attribute != "advice":
            assert getattr(error, attribute) == value


FIRST_LINES = {
    "ClientClosed": "this client is closed, so nothing was sent.",
    "InvalidArgument": "input_data.a: is wrong",
    "APITimeoutError": "GET http://h/x (run r1): was cut",
    "ServerError": "500 said  [POST http://h/api/x] (run r1)",
    "ResponseFormatError": "GET http://h/x (run r1): odd: '<html>'",
    "ReplyTooLarge": "GET http://h/x (run r1): the reply is longer than 1,000 bytes",
    "UnsupportedByServer": "resume_no_wait is not supported by this server (1.2). Use resume",
    "RunsNotListed": "the suspended runs of 1 of 3 workflows could not be listed; those of the others were given.",
    "OutcomeUnknown": "run r1 of 'w': start was sent but its answer was lost, and the run is still pending.",
    "RunNotStarted": "run r1 of 'w' is still pending 10 s after its start was accepted.",
    "RunTimeout": "run r1 of 'w' is still running after 3600 s.",
    "MalformedRecord": "malformed record at byte 17 of the stream: not JSON: '{'",
    "RecordTooLarge": "the record at byte 17 of the stream is longer than 100 bytes",
    "StreamInterrupted": "stream of run r1 of 'w': cut; the last event seen was 'x', number 3.",
    "RunFailed": f"run {RESULT.run_id} of 'failing' failed in step 'boom': Error: outer: inner",
}


@pytest.mark.parametrize("name", FIRST_LINES)
def test_the_first_line_says_what_happened_to_which_run(name: str) -> None:
    """A log that keeps one line of an exception keeps what matters."""
    assert str(example(name)).splitlines()[0] == FIRST_LINES[name]


def test_a_message_of_several_lines_does_not_hide_the_run() -> None:
    """Mastra lists what is wrong with an input line by line; the request is named before that."""
    error = mastra_sync.InvalidInput("Invalid input data: \n- city: wrong\n- n: wrong", **STATUS_FIELDS)  # type: ignore[arg-type]
    assert str(error).splitlines() == [
        "500 Invalid input data:  [POST http://h/api/x] (run r1)",
        "  - city: wrong",
        "  - n: wrong",
        "  n: wrong",
    ]
    assert error.message == "Invalid input data: \n- city: wrong\n- n: wrong"


@pytest.mark.parametrize(
    ("name", "attempts", "seconds", "first_line"),
    [
        ("APIConnectionError", 4, 7.31, "GET http://h/x (run r1): was cut, after 4 attempts in 7.3 s"),
        ("APITimeoutError", 1, 60.02, "GET http://h/x (run r1): was cut, after 1 attempt in 60 s"),
        ("APITimeoutError", 1, 0.2, "GET http://h/x (run r1): was cut"),
        ("ServerError", 2, 0.04, "500 said  [POST http://h/api/x] (run r1), after 2 attempts in 0.0 s"),
        ("ServerError", 1, 0.04, "500 said  [POST http://h/api/x] (run r1)"),
        ("RateLimitError", 4, 130.0, "500 said  [POST http://h/api/x] (run r1), after 4 attempts in 130 s"),
    ],
)
def test_the_first_line_says_how_often_it_was_tried(name: str, attempts: int, seconds: float, first_line: str) -> None:
    """And how long that took; one attempt that was over at once goes without saying."""
    error: Any = example(name)
    error.attempts, error.seconds = attempts, seconds
    again = pickle.loads(pickle.dumps(error))
    for each in (error, again):
        assert str(each).splitlines()[0] == first_line
        assert str(each).splitlines()[1:] == str(example(name)).splitlines()[1:]


def test_what_was_not_sent_says_so() -> None:
    """A refusal that this client found out by itself has no status."""
    error = mastra_sync.RunNotSuspended("the run is running", method="POST", url="http://h/x", run_id="r1")
    assert str(error) == "not sent: the run is running  [POST http://h/x] (run r1)"
    assert (error.status_code, error.issues) == (None, [])


@pytest.mark.parametrize(
    ("name", "base"),
    [("InvalidArgument", ValueError), ("APITimeoutError", TimeoutError), ("RunTimeout", TimeoutError)],
)
def test_pythons_own_exceptions_catch_them_too(name: str, base: type[Exception]) -> None:
    """Code that knows nothing of this library handles a bad value and a timeout as always."""
    assert isinstance(example(name), base)


@pytest.mark.parametrize(
    ("error", "last_lines"),
    [
        (
            example("RunTimeout"),
            "  It was left as it is; pick it up again with client.get_workflow('w').get_run('r1').wait()",
        ),
        (
            example("OutcomeUnknown"),
            "  It was not sent again, for it may yet take effect. Look at the run, then decide: "
            "client.get_workflow('w').run_by_id('r1')",
        ),
        (
            mastra_sync.RunNotStarted(
                "start", workflow_id="w", run_id="r1", status="pending", waited=1.0, likely_cause="no city"
            ),
            "  The server accepts a start before it checks what was sent: no city.\n"
            "  Nothing is running; start_async would have answered with the server's reason.",
        ),
        (
            example("StreamInterrupted"),
            "  The run is not affected: stream.result() or run.wait() give its result.",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_the_lines_below_say_what_can_be_done(error: MastraError, last_lines: str) -> None:
    """Whoever reads it at night can go on from there, by copying a line."""
    assert str(error).partition("\n")[2] == last_lines


def test_a_run_that_could_not_be_read_is_told_from_one_that_stood_still() -> None:
    """No status is invented for it."""
    lost = mastra_sync.OutcomeUnknown("start", workflow_id="w", run_id="r1", last_status=None)
    late = mastra_sync.RunTimeout(workflow_id="w", run_id="r1", last_status=None, waited=1)
    cut = mastra_sync.StreamInterrupted("cut", workflow_id="w", run_id="r1", last_event=None, position=0)
    assert "and the run could not be read." in str(lost)
    assert "was not seen to settle after 1 s." in str(late)
    assert "no event was seen." in str(cut)


class OrderFailed(RunFailed):
    """An exception of a user's own."""


def test_exceptions_of_ones_own_stay_where_they_are() -> None:
    """A subclass outside of the package keeps its module, and can be pickled."""
    again = pickle.loads(pickle.dumps(OrderFailed(RESULT)))
    assert type(again) is OrderFailed
    assert again.result == RESULT

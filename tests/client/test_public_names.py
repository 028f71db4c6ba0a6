"""What users may import, that it is explained, and what importing it costs."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from types import FunctionType
from typing import Any

import pytest

import mastra_sync

# fmt: off
PUBLIC = [
    "APIConnectionError", "APIStatusError", "APITimeoutError", "AuthenticationError", "BadRequestError",
    "ClientClosed", "ConflictError", "CurrentStep", "DynamicWorkflow", "DynamicWorkflowDefinition", "InputMismatch",
    "InvalidArgument", "InvalidInput", "InvalidResumeData",
    "MalformedRecord", "MastraClient", "MastraError", "MoveOptions", "NoSuchStep", "NotFoundError",
    "OutcomeUnknown", "PayloadTooLarge", "PermissionDeniedError", "RateLimitError", "RecordDecoder",
    "RecordTooLarge", "RemoteError", "ReplyTooLarge", "ResponseFormatError", "RestartOptions",
    "ResumeAlreadyClaimed", "ResumeOptions", "RouteNotFound", "Run", "RunAlreadyFinished", "RunAlreadyStarted",
    "RunCanceled", "RunError", "RunFailed", "RunNotActive", "RunNotFound", "RunNotStarted", "RunNotSuspended",
    "RunPage", "RunPaused", "RunResult", "RunStillRunning", "RunStream", "RunSuspended", "RunTimeout",
    "RunTripwire", "RunsNotListed", "Schedule", "ScheduleFire", "ScheduleRunSummary", "ScheduleTrigger", "ServerError",
    "SeveralStepsSuspended", "StartOptions", "StepDetails", "StepNotFound",
    "StepNotSuspended", "StepResult", "StreamError", "StreamEvent", "StreamInterrupted", "StreamOptions",
    "StreamResumeOptions", "StreamStartOptions", "StreamTimeTravelOptions", "Suspension", "TimeTravelOptions",
    "UnexpectedRedirect", "UnsupportedByServer", "UpsertedDynamicWorkflow", "Workflow", "WorkflowDetails",
    "WorkflowNotFound", "WorkflowSchema", "WorkflowState",
]
# fmt: on


def test_the_public_names_are_these() -> None:
    """Adding or taking away one is a decision, made here too; they are sorted."""
    assert sorted(mastra_sync.__all__) == mastra_sync.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_each_name_is_there(name: str) -> None:
    """Names are loaded when they are first used; each is found, and `dir` lists it."""
    assert inspect.isclass(getattr(mastra_sync, name))
    assert name in dir(mastra_sync)


def test_other_names_are_not() -> None:
    """What is not public is no attribute by accident."""
    with pytest.raises(AttributeError, match="module 'mastra_sync' has no attribute 'Nothing'"):
        _ = mastra_sync.Nothing


def members(kind: type) -> list[tuple[str, Any]]:
    """Return the public methods and properties that a class has from this library."""
    found = []
    for name, member in inspect.getmembers(kind):
        function = member.fget if isinstance(member, property) else inspect.unwrap(getattr(member, "__func__", member))
        is_ours = isinstance(function, FunctionType) and function.__module__.startswith("mastra_sync")
        if is_ours and not name.startswith("_"):
            found.append((name, member))
    return found


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_explained(name: str) -> None:
    """Each class, and each of its public methods and properties, has a docstring of its own."""
    kind = getattr(mastra_sync, name)
    assert kind.__doc__
    for member_name, member in members(kind):
        assert member.__doc__, member_name


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after running some code."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(m.partition('.')[0] for m in sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    return set(json.loads(done.stdout))


HEAVY = {"pytest", "_pytest", "responses", "vcr", "rich", "click", "typer", "dask", "distributed", "pytest_mastra"}


@pytest.mark.parametrize(
    "code",
    [
        "import mastra_sync",
        "from mastra_sync import *",
        "import mastra_sync; mastra_sync.MastraClient().get_workflow('w')",
    ],
    ids=["import", "all names", "a client"],
)
def test_importing_it_imports_nothing_of_tests_or_terminals(code: str) -> None:
    """Neither the package, nor all of its names, nor a client needs what only tests or the command need."""
    loaded = modules_after(code)
    assert "mastra_sync" in loaded
    assert not loaded & HEAVY


def test_the_bare_import_loads_nothing_else() -> None:
    """Requests and pydantic come with the first name that needs them."""
    assert not modules_after("import mastra_sync") & {"requests", "pydantic", "urllib3", "tenacity"}


def test_a_client_loads_no_models() -> None:
    """Pydantic's models, which take longer than all the rest, come with the first answer that fills one."""
    assert "pydantic" not in modules_after("from mastra_sync import MastraClient; MastraClient().get_workflow('w')")

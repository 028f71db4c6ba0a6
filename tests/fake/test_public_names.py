"""What users may import of `pytest_mastra`, that it is explained, and what importing it costs."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import pytest

import pytest_mastra
import pytest_mastra.fake

# fmt: off
FOR_TESTS = [
    "AS_TIMED", "AT_ONCE", "BY_HAND", "NULL", "FakeMastra", "InProcess", "MastraCassette", "MastraConfig",
    "MastraServerFactory", "NonRetryable", "OnSocket", "Polls", "RealClock", "Request", "Rerunner", "RunView", "Scene",
    "Seconds", "ServedMastra", "StepContext", "StepError", "TripWire", "VirtualClock", "VirtualTimeWarning",
    "assert_run",
]
NOT_OF_THE_FAKE = [
    "MastraCassette", "MastraConfig", "MastraServerFactory", "Rerunner", "Scene", "ServedMastra",
    "VirtualTimeWarning", "assert_run",
]
ALL = [
    "AS_TIMED", "AT_ONCE", "BY_HAND", "NULL", "FakeMastra", "Fault", "Faults", "Gate", "InProcess", "NonRetryable",
    "OnSocket", "Polls", "RealClock", "Request", "RetryConfig", "RunView", "Seconds", "Step", "StepContext",
    "StepError", "Throw", "TripWire", "UnexpectedError", "UnstubbedStep", "VirtualClock", "Workflow", "serve",
]
# fmt: on
EACH = [(pytest_mastra, name) for name in FOR_TESTS] + [(pytest_mastra.fake, name) for name in ALL]


@pytest.mark.parametrize(("module", "names"), [(pytest_mastra, FOR_TESTS), (pytest_mastra.fake, ALL)])
def test_the_public_names_are_these(module: ModuleType, names: list[str]) -> None:
    """Adding or taking away one is a decision, made here too."""
    assert module.__all__ == names


@pytest.mark.parametrize(("module", "name"), EACH)
def test_each_name_is_there(module: ModuleType, name: str) -> None:
    """Names are loaded when they are first used; each is found and explained, and `dir` lists it."""
    assert getattr(module, name).__doc__
    assert name in dir(module)


@pytest.mark.parametrize("name", [name for name in FOR_TESTS if name not in NOT_OF_THE_FAKE])
def test_both_have_the_same(name: str) -> None:
    """What `pytest_mastra` has is what `pytest_mastra.fake` has."""
    assert getattr(pytest_mastra, name) is getattr(pytest_mastra.fake, name)


@pytest.mark.parametrize("module", [pytest_mastra, pytest_mastra.fake])
def test_other_names_are_not(module: ModuleType) -> None:
    """What is not public is no attribute by accident."""
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'Nothing'"):
        _ = module.Nothing


def modules_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after running some code."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", ["pytest_mastra", "pytest_mastra.fake", "pytest_mastra.fake.cli"])
def test_importing_it_imports_nothing_heavy(module: str) -> None:
    """HTTP libraries and validators come with the first name that needs them."""
    loaded = modules_after(f"import {module}")
    assert module in loaded
    heavy = {"requests", "responses", "jsonschema", "http.server", "http.client", "pydantic", "urllib3", "pytest"}
    assert not loaded & heavy

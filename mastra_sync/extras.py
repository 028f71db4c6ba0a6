"""The libraries of this distribution's extras, and what to install where one is missing."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping

LIBRARIES: Mapping[str, Mapping[str, str]] = {
    "cli": {"click": "click", "rich": "rich"},
    "pytest": {
        "croniter": "croniter",
        "jsonschema": "jsonschema",
        "pytest": "pytest",
        "regress": "regress",
        "responses": "responses",
        "vcr": "vcrpy",
        "yaml": "pyyaml",
    },
    "report": {"jinja2": "jinja2"},
}
"""For each extra the modules that it brings, and the names by which they are installed."""


def missing_libraries(*extras: str) -> list[str]:
    """Return what is not installed of some extras, by the names by which it is installed."""
    libraries = {module: name for extra in extras for module, name in LIBRARIES[extra].items()}
    return [name for module, name in libraries.items() if importlib.util.find_spec(module) is None]


def describe_missing(who: str, missing: Iterable[str], *extras: str) -> str:
    """Return what somebody needs that is missing, and the command that installs it."""
    *others, last = missing
    names = f"{', '.join(others)} and {last}" if others else last
    return f"{who} {names}: pip install 'mastra-sync[{','.join(extras)}]'"


def explain_missing(who: str, error: ModuleNotFoundError, extra: str) -> str:
    """Return what to install where an import failed for want of an extra; else nothing."""
    module = (error.name or "").partition(".")[0]
    missing = missing_libraries(extra) if module in LIBRARIES[extra] else []
    return describe_missing(who, missing, extra) if missing else ""

"""Where a test's cassette lies."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from pytest_mastra.suite import settings

_UNSAFE = re.compile(r"[^\w.\[\]=,+-]")
_LONGEST = 100


def cassette_path(item: pytest.Item) -> Path:
    """Return the file of a test's cassette.

    It is what the test's marker says, else `<module>/<test>.yaml` in the folder of all.

    What no file's name may hold is replaced in the test's name, and a hash of the name added, so that two tests never
    share a file.
    """
    marker = item.get_closest_marker("mastra_cassette")
    said = marker.kwargs.get("path") if marker else None
    if said is not None:
        return settings.folder(item.config, "cassette_dir") / str(said)
    module, _, test = item.nodeid.partition("::")
    return module_folder(item.config, module) / f"{safe_name(test.replace('::', '.'))}.yaml"


def module_folder(config: pytest.Config, node: str) -> Path:
    """Return the folder in which the cassettes of a module lie, by its node id."""
    return settings.folder(config, "cassette_dir") / Path(node.partition("::")[0]).with_suffix("")


def safe_name(name: str) -> str:
    """Return a text as a file's name.

    What no file's name may hold is replaced, and a hash added.
    """
    safe = _UNSAFE.sub("-", name)[:_LONGEST].rstrip(". ")
    if safe == name:
        return safe
    return f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

"""Where a test's cassette lies, and whose else that file is."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import Path

import pytest

from pytest_mastra.suite import settings

_UNSAFE = re.compile(r"[^\w.\[\]=,+-]")
_LONGEST = 100
"""Letters of a test's name that its file has."""

_LONGEST_IN_BYTES = 200
"""File systems take 255, also of what is beside the name: a hash, a suffix."""

_OWNERS = pytest.StashKey["dict[str, list[str]]"]()


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

    What no file's name may hold is replaced, and a hash added; so it is where other parameters of the same test may
    differ in nothing that every file system tells apart.
    """
    cut = _UNSAFE.sub("-", name)[:_LONGEST].encode("utf-8")[:_LONGEST_IN_BYTES]
    safe = cut.decode("utf-8", "ignore").rstrip(". ")
    parameters = name.partition("[")[2]
    if safe == name and _as_any_system(parameters) == parameters:
        return safe
    return f"{safe}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def other_owners(item: pytest.Item) -> list[str]:
    """Return the other tests of this session whose cassette may be the same file."""
    owners = item.session.stash.get(_OWNERS, None)
    if owners is None:
        owners = item.session.stash[_OWNERS] = {}
        for each in item.session.items:
            if "mastra_target" in getattr(each, "fixturenames", ()):
                owners.setdefault(_file_of(each), []).append(each.nodeid)
    return [test for test in owners.get(_file_of(item), []) if test != item.nodeid]


def _file_of(item: pytest.Item) -> str:
    return _as_any_system(os.path.realpath(cassette_path(item)))


def _as_any_system(name: str) -> str:
    """Return a name without what some file systems ignore: case, and how accents are written."""
    return unicodedata.normalize("NFC", name).casefold()

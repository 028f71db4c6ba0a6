"""What is built for an index: what is in it, how large it is, and what it says of itself."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import mastra_sync
from mastra_sync.documentation import DOCUMENTATION

ROOT = Path(__file__).parents[2]
LARGEST = 1_100_000
"""Bytes of each file; with the recordings it was more than that."""

LARGEST_MODULE = 60_000
"""Bytes of the largest thing in a wheel, as it is unpacked."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist and a wheel, built of this tree without any network."""
    pytest.importorskip("hatchling", reason="of the extra dev")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=True)
    return folder


def test_the_sdist(built: Path) -> None:
    """It has what the wheel is built of, the pages and the licence; no test and no recording."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {name.partition("/")[0] for name in names if "/" in name} == {"mastra_sync", "pytest_mastra", "docs"}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "mastra_sync/py.typed"} <= names
    assert path.stat().st_size < LARGEST


def test_the_wheel(built: Path) -> None:
    """It has both packages with their types, the version that they say, and what an index shows."""
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        sizes = [(entry.file_size, entry.filename) for entry in archive.infolist()]
        (place,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(place).decode())
    packages = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert packages == {"mastra_sync", "pytest_mastra"}
    assert {"mastra_sync/py.typed", "pytest_mastra/py.typed"} <= set(names)
    assert max(sizes)[0] < LARGEST_MODULE, max(sizes)
    assert path.stat().st_size < LARGEST
    assert metadata["Version"] == mastra_sync.__version__
    assert "Framework :: Pytest" in metadata.get_all("Classifier", [])
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))
    assert urls.keys() == {"Documentation", "Source", "Changelog"}
    assert urls["Documentation"] == f"{DOCUMENTATION}/"

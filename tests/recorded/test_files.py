"""The recordings' files stand as this package writes them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pytest_mastra.cassettes import read_cassette, write_cassette
from pytest_mastra.cassettes.file.lint import cassettes_in
from tests.recorded.pytest_process import CASSETTES

FOLDERS = sorted({path.parent for path in cassettes_in(CASSETTES)})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(CASSETTES).as_posix())
def test_written_again_no_file_changes(folder: Path, tmp_path: Path) -> None:
    """What was read from a file is written over it: not a byte differs."""
    for path in sorted(folder.glob("*.y*ml")):
        copy = Path(shutil.copy(path, tmp_path))
        assert not write_cassette(copy, read_cassette(path).exchanges), path
        assert copy.read_bytes() == path.read_bytes(), path

"""Files are written whole or not at all."""

from __future__ import annotations

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mastra_sync.whole_files import write_whole


def test_folders_are_made_and_nothing_is_left(tmp_path: Path) -> None:
    """A file with a name as long as names can be, in a folder that was not there; nothing else is in it then."""
    path = tmp_path / "a" / "b" / ("x" * 255)
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    """What was its owner's alone stays so; a new file is as the process has them made."""
    path = tmp_path / "file"
    path.touch(0o600)
    write_whole(path, b"")
    write_whole(tmp_path / "new", b"")
    (tmp_path / "plain").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "new", "plain")]
    assert modes[0] == 0o600
    assert modes[1] == modes[2]


def test_what_cannot_be_written_stays_as_it_is(tmp_path: Path) -> None:
    """A folder stands in its place: that is said, and nothing is left beside it."""
    (tmp_path / "folder" / "in").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write_whole(tmp_path / "folder", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_many_at_once(tmp_path: Path) -> None:
    """Threads that write one file leave what one of them wrote, whole."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_whole(tmp_path / "file", bytes([number]) * 100_000), range(64)))
    data = (tmp_path / "file").read_bytes()
    assert len(data) == 100_000
    assert len(set(data)) == 1
    assert len(list(tmp_path.iterdir())) == 1

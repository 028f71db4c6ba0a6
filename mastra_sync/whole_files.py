"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

_NAME_LENGTH = 20
"""Characters of a file's name in the name beside it: the file's own may be as long as names can be."""


def write_whole(path: Path, data: bytes) -> None:
    """Put bytes into a file at once; who reads it meanwhile reads the old ones.

    Folders that are missing are made. A file that is there keeps its mode.

    Raises:
        OSError: It cannot be written, and is as it was.
    """
    # several processes and threads may write the same file
    beside = path.with_name(f".{path.name[:_NAME_LENGTH]}-{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        try:
            beside.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data)
        with contextlib.suppress(FileNotFoundError):
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise

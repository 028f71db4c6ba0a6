"""The line of a script that sends the request which meets a fault."""

from __future__ import annotations

import linecache
import sys
import sysconfig
from pathlib import Path
from types import FrameType

_NOT_SCRIPTS = ("mastra_sync", "pytest_mastra")

_LIBRARIES = tuple(path for path in (sysconfig.get_path(name) for name in ("stdlib", "platstdlib")) if path)


def find_asking_line() -> str:
    """Return which line of a script's own code led here, with its text, if any.

    What stands nearest to the request counts, without libraries: `pay.py:8: requests.post(url, json=body)`.
    A thread that a library began may have none.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- what `inspect.currentframe` is
    while frame is not None and not _is_script(frame):
        frame = frame.f_back
    if frame is None:
        return ""
    path = frame.f_code.co_filename
    return f"{Path(path).name}:{frame.f_lineno}: {linecache.getline(path, frame.f_lineno).strip()}"


def _is_script(frame: FrameType) -> bool:
    path = frame.f_code.co_filename
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    is_library = path.startswith(_LIBRARIES) or "site-packages" in path or "dist-packages" in path
    return not (is_library or path.startswith("<") or package in _NOT_SCRIPTS)

"""Tracebacks for people who declare workflows: without the frames of the machinery that called their code."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path

_MACHINERY = (f"{Path(__file__).parents[1]}", "<frozen ", f"{importlib.__file__}")


def own_traceback(error: BaseException) -> str:
    """Return an exception's traceback from the first frame on that is not ours or the import system's."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_MACHINERY):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames, chain=False)).rstrip()

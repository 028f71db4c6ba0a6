"""A comparison that is a statement of its own: nobody looks at what comes of it."""

from __future__ import annotations

import dis
import sys
from pathlib import Path
from types import CodeType

_BETWEEN = frozenset({"syrupy", "pytest_mastra", "mastra_sync", "pydantic"})
"""What stands between a comparison and who is asked for it."""

_COMPARISONS = frozenset({"COMPARE_OP", "CONTAINS_OP"})


def place_of_bare_comparison() -> str:
    """Return where the comparison stands that is under way, if its outcome is dropped; else nothing.

    What is asserted, returned, stored, negated or asked by `if` and `any` is looked at, whatever comes of it.
    """
    frame = sys._getframe(1)  # noqa: SLF001 -- pytest's own traceback begins too late
    while str(frame.f_globals.get("__name__")).partition(".")[0] in _BETWEEN:
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    if not _is_dropped(frame.f_code, frame.f_lasti):
        return ""
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _is_dropped(code: CodeType, offset: int) -> bool:
    instructions = dis.get_instructions(code)
    for instruction in instructions:
        if instruction.offset == offset:
            following = next(instructions, None)
            return instruction.opname in _COMPARISONS and following is not None and following.opname == "POP_TOP"
    return False

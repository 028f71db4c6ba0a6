"""A run's graph as SVG, for where no script draws it. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from mastra_sync.escapes import escaped
from mastra_sync.terminal.marks import UNICODE
from pytest_mastra.page.layout import BLOCKS, Box
from pytest_mastra.text.width import clipped

if TYPE_CHECKING:
    from pytest_mastra.page.shown_run import ShownRun

_MOST_BOXES = 60
"""Entries of a graph that are drawn without a script."""
_CAPTION_CELLS = 34
_BASELINE = 4.5
_TITLE_BASELINE = 16
_ABOVE = 5

MARKS = {**UNICODE.of_status, "running": "▸"}


class Drawings:
    """The drawings of a page; those that are alike are on it once.

    Attributes:
        shapes: What is drawn, by the id under which the page has it.
    """

    def __init__(self) -> None:
        self.shapes: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def draw(self, run: ShownRun) -> str:
        """Return a run as SVG without style of its own; empty if it is too large."""
        layout = run.layout
        if not layout.boxes or len(layout.boxes) > _MOST_BOXES:
            return ""
        boxes = (part for number, box in enumerate(layout.boxes) for part in _box(run, number, box))
        shape = "".join([*_lines(run), *boxes])
        drawn = self._ids.setdefault(shape, f"drawing-{len(self._ids)}")
        self.shapes[drawn] = shape
        stopped = [box.x for number, box in enumerate(layout.boxes) if run.at[number] == run.failing >= 0]
        size = f'width="{layout.width:g}" height="{layout.height:g}" viewBox="0 0 {layout.width:g} {layout.height:g}"'
        place = f' data-stopped="{stopped[0]:g}"' if stopped else ""
        name = escape(f"{escaped(run.traced.workflow_id)}: {escaped(run.traced.status)}")
        return f'<svg class="graph" role="img" aria-label="{name}" {size}{place}><use href="#{drawn}"/></svg>'


def _lines(run: ShownRun) -> Iterator[str]:
    taken = set(run.taken)
    for wanted, name in ((False, "line"), (True, "line taken")):
        paths = [line.path for number, line in enumerate(run.layout.lines) if (number in taken) is wanted]
        if paths:
            yield f'<path class="{name}" d="{"".join(paths)}"/>'


def _box(run: ShownRun, number: int, box: Box) -> Iterator[str]:
    if box.caption:
        caption = _shown(clipped(escaped(box.caption), _CAPTION_CELLS))
        yield f'<text class="caption" x="{box.x:g}" y="{box.y - _ABOVE:g}">{caption}</text>'
    if box.kind in BLOCKS:
        return
    step = run.steps[run.at[number]] if run.at[number] >= 0 else None
    is_group = box.last > number
    names = [box.kind, "untaken" if step is None else _class_of(step.status), "group" if is_group else ""]
    mark = "" if step is None else f"{MARKS.get(step.status, UNICODE.unknown)} "
    baseline = box.y + _TITLE_BASELINE if is_group else box.axis + _BASELINE
    yield f'<g class="box {" ".join(filter(None, names))}">'
    yield f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="7"/>'
    yield f'<text x="{box.x + 11:g}" y="{baseline:g}">{mark}{_shown(box.label)}</text>'
    if step is not None and step.count:
        yield f'<text class="count" x="{box.x + box.width - 8:g}" y="{baseline:g}">{_shown(step.count)}</text>'
    yield "</g>"


def _class_of(status: str) -> str:
    """Return a status as the name of a class; what a server made up is none."""
    return status if status in _STATUSES else "unknown"


_STATUSES = frozenset(
    {"success", "bailed", "failed", "tripwire", "suspended", "paused", "running", "waiting", "canceled", "skipped"}
)


def _shown(text: str) -> str:
    return escape(escaped(text))

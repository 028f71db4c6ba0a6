"""A run's graph as SVG, for where no script draws it. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from mastra_sync.escapes import escaped
from mastra_sync.terminal.marks import UNICODE
from pytest_mastra.page.layout import BLOCKS, CELL, Box, Layout
from pytest_mastra.text.width import cells, clipped

if TYPE_CHECKING:
    from pytest_mastra.page.shown_run import ShownRun

_MOST_BOXES = 60
"""Entries of a graph that are drawn without a script."""
_CAPTION_CELLS = 34
_BASELINE = 4.5
_TITLE_BASELINE = 16
_ABOVE = 5
_INSET = 11

MARKS = {**UNICODE.of_status, "running": "▸"}


@dataclass(frozen=True, slots=True)
class BoxStyle:
    """How a box is drawn.

    Attributes:
        style: The name of its class.
        mark: What stands before its label.
        count: What stands at its right.
        title: What is said when it is pointed at.
    """

    style: str = "untaken"
    mark: str = ""
    count: str = ""
    title: str = ""


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
        looks = [look_of(run, number) for number in range(len(layout.boxes))]
        stopped = [box.x for number, box in enumerate(layout.boxes) if run.at[number] == run.failing >= 0]
        name = f"{run.traced.workflow_id}: {run.traced.status}"
        return self.draw_looks(layout, looks, frozenset(run.taken), name, stopped[0] if stopped else None)

    def draw_looks(
        self, layout: Layout, looks: Sequence[BoxStyle], taken: Collection[int], name: str, stopped: float | None = None
    ) -> str:
        """Return a graph as SVG; empty if it is too large.

        Args:
            layout: The graph.
            looks: How each of its boxes is drawn.
            taken: The numbers of the lines that are bold.
            name: What it is a drawing of.
            stopped: Where is what a reader looks for first.
        """
        if not layout.boxes or len(layout.boxes) > _MOST_BOXES:
            return ""
        boxes = (
            part
            for number, (box, look) in enumerate(zip(layout.boxes, looks, strict=True))
            for part in _box(box, look, is_group=box.last > number)
        )
        shape = "".join([*_lines(layout, taken), *boxes])
        drawn = self._ids.setdefault(shape, f"drawing-{len(self._ids)}")
        self.shapes[drawn] = shape
        size = f'width="{layout.width:g}" height="{layout.height:g}" viewBox="0 0 {layout.width:g} {layout.height:g}"'
        place = "" if stopped is None else f' data-stopped="{stopped:g}"'
        return f'<svg class="graph" role="img" aria-label="{_shown(name)}" {size}{place}><use href="#{drawn}"/></svg>'


def look_of(run: ShownRun, number: int) -> BoxStyle:
    """Return how a box of a run is drawn: by what became of it."""
    step = run.steps[run.at[number]] if run.at[number] >= 0 else None
    if step is None:
        return BoxStyle()
    # a box has room for what loops and foreach count
    count = "" if run.layout.boxes[number].kind == "step" else step.count
    return BoxStyle(_class_of(step.status), MARKS.get(step.status, UNICODE.unknown), count)


def _lines(layout: Layout, taken: Collection[int]) -> Iterator[str]:
    for wanted, name in ((False, "line"), (True, "line taken")):
        paths = [line.path for number, line in enumerate(layout.lines) if (number in taken) is wanted]
        if paths:
            yield f'<path class="{name}" d="{"".join(paths)}"/>'


def _box(box: Box, look: BoxStyle, *, is_group: bool) -> Iterator[str]:
    if box.caption:
        caption = _shown(clipped(escaped(box.caption), _CAPTION_CELLS))
        yield f'<text class="caption" x="{box.x:g}" y="{box.y - _ABOVE:g}">{caption}</text>'
    if box.kind in BLOCKS:
        return
    names = [box.kind, look.style, "group" if is_group else ""]
    baseline = box.y + _TITLE_BASELINE if is_group else box.axis + _BASELINE
    yield f'<g class="box {" ".join(filter(None, names))}">'
    yield f"<title>{_shown(look.title)}</title>" if look.title else ""
    yield f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="7"/>'
    mark = f"{look.mark} " if look.mark else ""
    room = box.width - 2 * _INSET
    is_narrow = len(look.mark) > 1 and (cells(mark) + cells(box.label)) * CELL > room
    squeezed = f' textLength="{room:g}" lengthAdjust="spacingAndGlyphs"' if is_narrow else ""
    yield f'<text x="{box.x + _INSET:g}" y="{baseline:g}"{squeezed}>{mark}{_shown(box.label)}</text>'
    if look.count:
        yield f'<text class="count" x="{box.x + box.width - 8:g}" y="{baseline:g}">{_shown(look.count)}</text>'
    yield "</g>"


def _class_of(status: str) -> str:
    """Return a status as the name of a class; what a server made up is none."""
    return status if status in _STATUSES else "unknown"


_STATUSES = frozenset(
    {"success", "bailed", "failed", "tripwire", "suspended", "paused", "running", "waiting", "canceled", "skipped"}
)


def _shown(text: str) -> str:
    return escape(escaped(text))

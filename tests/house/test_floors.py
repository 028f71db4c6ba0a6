"""Each folder imports only what stands below it, and no modules import each other in a circle."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from tests.house.floors import EXCEPTIONS, FLOORS, floor_of, room_of
from tests.house.import_graph import ROOT, Import, imports, modules

ONE_CIRCLE = {"mastra_sync.errors", "mastra_sync.models", "mastra_sync.steps"}
"""Errors carry results, results carry errors and raise them; by annotation only."""


def test_every_import_goes_down() -> None:
    """No room knows what stands beside or above it, not by annotation and not inside a function either."""
    climbing = [found for found in imports() if _climbs(found) and (found.importer, found.imported) not in EXCEPTIONS]
    assert not climbing, "\n".join(["imports that climb:", *map(_described, climbing)])


def test_every_exception_is_needed() -> None:
    """What may climb is what does climb: the list of exceptions only grows shorter."""
    assert {(found.importer, found.imported) for found in imports() if _climbs(found)} == EXCEPTIONS


def test_every_room_is_there() -> None:
    """The floors name no room that is gone, and each but the packages' own names has modules of its own."""
    rooms = [room for floor in FLOORS for room in floor]
    assert len(rooms) == len(set(rooms))
    assert {room_of(module) for module in modules()} == set(rooms)


def test_no_imports_run_in_a_circle() -> None:
    """Modules can be read one after the other: none needs one that needs it."""
    needs: dict[str, set[str]] = {module: set() for module in modules()}
    for found in imports():
        is_exception = (found.importer, found.imported) in EXCEPTIONS
        if not is_exception and not ONE_CIRCLE.issuperset((found.importer, found.imported)):
            needs[found.importer].add(found.imported)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        raise AssertionError("a circle of imports: " + " <- ".join(error.args[1])) from None


def _climbs(found: Import) -> bool:
    own, other = room_of(found.importer), room_of(found.imported)
    return own != other and floor_of(found.imported) >= floor_of(found.importer)


def _described(found: Import) -> str:
    path = modules()[found.importer].relative_to(ROOT).as_posix()
    own, other = room_of(found.importer), room_of(found.imported)
    return (
        f"  {path}:{found.line} imports {found.imported}: "
        f"{own} is on floor {floor_of(own)}, {other} on floor {floor_of(other)}"
    )

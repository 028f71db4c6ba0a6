"""The floors of the house, from the top down; a room imports only what stands on a floor below its own."""

from __future__ import annotations

FLOORS: tuple[tuple[str, ...], ...] = (
    ("pytest_mastra", "pytest_mastra.plugin"),
    ("pytest_mastra.regression", "pytest_mastra.run_assertion", "pytest_mastra.sweep"),
    ("pytest_mastra.exports",),
    ("pytest_mastra.page",),
    ("pytest_mastra.coverage",),
    ("pytest_mastra.report",),
    ("pytest_mastra.explain",),
    ("pytest_mastra.run_history", "pytest_mastra.verify", "pytest_mastra.cassettes"),
    ("pytest_mastra.cassettes.fixture",),
    ("pytest_mastra.cassettes.mastra_cassette",),
    ("pytest_mastra.cassettes.decisions", "pytest_mastra.cassettes.record", "pytest_mastra.cassettes.vcr_cassette"),
    ("pytest_mastra.cassettes.replay", "pytest_mastra.cassettes.drift", "pytest_mastra.cassettes.as_fake"),
    ("pytest_mastra.cassettes.file",),
    ("pytest_mastra.suite",),
    ("pytest_mastra.fake.cli",),
    ("pytest_mastra.fake",),
    ("pytest_mastra.fake.server", "pytest_mastra.fake.fronts"),
    ("pytest_mastra.fake.api",),
    ("pytest_mastra.fake.schedules",),
    ("pytest_mastra.fake.engine",),
    ("pytest_mastra.fake.workflows",),
    ("pytest_mastra.fake.virtual_time",),
    ("pytest_mastra.redact",),
    ("pytest_mastra.http",),
    ("pytest_mastra.text",),
    ("mastra_sync.cli",),
    ("mastra_sync.terminal",),
    ("mastra_sync",),
)
"""Rooms side by side on each floor. A module is in the room with the longest name that its own begins with."""

EXCEPTIONS = frozenset(
    {
        ("pytest_mastra.fake.server", "pytest_mastra.cassettes.as_fake.build"),
        ("pytest_mastra.fake.server", "pytest_mastra.cassettes.file.read_write"),
    }
)
"""Imports that climb all the same: `FakeMastra.from_cassette`, which imports what it needs when it is called."""

_FLOOR_OF = {room: floor for floor, rooms in enumerate(reversed(FLOORS)) for room in rooms}


def room_of(module: str) -> str:
    """Return the room in which a module is."""
    return max((room for room in _FLOOR_OF if f"{module}.".startswith(f"{room}.")), key=len)


def floor_of(module: str) -> int:
    """Return the floor of a module's room; 0 is the ground."""
    return _FLOOR_OF[room_of(module)]

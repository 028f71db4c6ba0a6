"""Recordings of real servers: made, replayed, kept in files, and held against the server again.

Names are imported when they are first used: not everyone who reads a cassette runs tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastra_sync.lazy import lazy_names

if TYPE_CHECKING:
    from pytest_mastra.cassettes.drift.pytest_report import compare
    from pytest_mastra.cassettes.file.errors import CassetteError, CassetteUnreadable, SecretSurvives
    from pytest_mastra.cassettes.file.read_write import Recording, normalised, read_cassette, write_cassette
    from pytest_mastra.cassettes.fixture import cassette_of
    from pytest_mastra.cassettes.mastra_cassette import MastraCassette
    from pytest_mastra.cassettes.replay.no_match import NoRecordedReply
    from pytest_mastra.cassettes.replay.player import Playback
    from pytest_mastra.cassettes.replay.surface import ReplaySurface
    from pytest_mastra.cassettes.vcr_cassette import StoryCassette

_HOMES = {
    "CassetteError": "file.errors",
    "CassetteUnreadable": "file.errors",
    "MastraCassette": "mastra_cassette",
    "NoRecordedReply": "replay.no_match",
    "Playback": "replay.player",
    "Recording": "file.read_write",
    "ReplaySurface": "replay.surface",
    "SecretSurvives": "file.errors",
    "StoryCassette": "vcr_cassette",
    "cassette_of": "fixture",
    "compare": "drift.pytest_report",
    "normalised": "file.read_write",
    "read_cassette": "file.read_write",
    "write_cassette": "file.read_write",
}

__all__ = [
    "CassetteError",
    "CassetteUnreadable",
    "MastraCassette",
    "NoRecordedReply",
    "Playback",
    "Recording",
    "ReplaySurface",
    "SecretSurvives",
    "StoryCassette",
    "cassette_of",
    "compare",
    "normalised",
    "read_cassette",
    "write_cassette",
]


__getattr__, __dir__ = lazy_names(__name__, __all__, _HOMES)

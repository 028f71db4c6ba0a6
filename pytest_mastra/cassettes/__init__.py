"""Recordings of real servers: made, replayed, kept in files, and held against the server again.

Names are imported when they are first used: not everyone who reads a cassette runs tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastra_sync.lazily import lazy_names

if TYPE_CHECKING:
    from pytest_mastra.cassettes.drift import compare
    from pytest_mastra.cassettes.files import Recording, normalised, read_cassette, write_cassette
    from pytest_mastra.cassettes.misses import NoRecordedReply
    from pytest_mastra.cassettes.playback import Playback
    from pytest_mastra.cassettes.replaying import ReplaySurface
    from pytest_mastra.cassettes.session import MastraCassette, for_test
    from pytest_mastra.cassettes.vcr_cassette import StoryCassette
    from pytest_mastra.cassettes.wording import CassetteError, CassetteUnreadable, SecretSurvives

_HOMES = {
    "CassetteError": "wording",
    "CassetteUnreadable": "wording",
    "MastraCassette": "session",
    "NoRecordedReply": "misses",
    "Playback": "playback",
    "Recording": "files",
    "ReplaySurface": "replaying",
    "SecretSurvives": "wording",
    "StoryCassette": "vcr_cassette",
    "compare": "drift",
    "for_test": "session",
    "normalised": "files",
    "read_cassette": "files",
    "write_cassette": "files",
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
    "compare",
    "for_test",
    "normalised",
    "read_cassette",
    "write_cassette",
]


__getattr__, __dir__ = lazy_names(__name__, __all__, _HOMES)

"""Ids that are generated: UUIDs, and those of steps that have none of their own."""

import re
import uuid

import pytest

from mastra_sync.generated_ids import NEW_UUID, UUID, generated_kind, is_uuid, places_of_uuids, shorten_uuids

MADE = str(uuid.UUID(int=0x3F2A << 112))


def test_a_uuid_is_known_in_either_case() -> None:
    """Whoever gives a run its id may write it in capitals; what servers make is in small letters."""
    assert is_uuid(MADE)
    assert is_uuid(MADE.upper())
    assert not is_uuid(f"{MADE}0")
    assert re.fullmatch(UUID, MADE.upper())
    assert not re.fullmatch(NEW_UUID, MADE.upper())


@pytest.mark.parametrize(
    ("step_id", "kind"),
    [
        (f"sleep_{MADE}", "sleep"),
        (f"mapping_{MADE}", "mapping"),
        (f"sleep_{MADE.upper()}", None),
        (f"nested.sleep_{MADE}", None),
        (f"step_{MADE}", None),
        ("sleep_well", None),
    ],
)
def test_a_step_without_an_id_is_told_by_the_one_that_mastra_makes(step_id: str, kind: str | None) -> None:
    """The word for what it does, and a UUID; nothing before or after."""
    assert generated_kind(step_id) == kind


@pytest.mark.parametrize(
    "text",
    ["", MADE, MADE.upper(), f"a-b-{MADE}-{MADE}{MADE}", f"{MADE[:-1]}-{MADE}", f"sleep_{MADE}: 2026-01-01", MADE[1:]],
)
def test_the_places_of_uuids_are_those_that_a_search_finds(text: str) -> None:
    """Also of those that follow upon each other, and of none."""
    assert list(places_of_uuids(text)) == [found.span() for found in re.finditer(NEW_UUID, text)]


def test_uuids_are_shortened_wherever_they_stand() -> None:
    """Enough is left to tell two sleeps apart."""
    assert shorten_uuids(f"nested.sleep_{MADE}") == "nested.sleep_3f2a.."
    assert shorten_uuids("fetch-weather") == "fetch-weather"

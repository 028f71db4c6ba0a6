"""Ids that are generated: UUIDs, and those of steps that have none of their own."""

import re
import uuid

import pytest

from mastra_sync.generated_ids import NEW_UUID, UUID, generated_kind, is_uuid, shorten_uuids

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


def test_uuids_are_shortened_wherever_they_stand() -> None:
    """Enough is left to tell two sleeps apart."""
    assert shorten_uuids(f"nested.sleep_{MADE}") == "nested.sleep_3f2a.."
    assert shorten_uuids("fetch-weather") == "fetch-weather"

"""Stories about graphs, a file each in `graphs`; what random graphs have found is kept there."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import SCENARIOS, Scenario
from tests.conformance.stories import tell_story

FOLDER = Path(__file__).parent / "graphs"


def _scenario(path: Path) -> Scenario:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))

    def play(conversation: Conversation) -> None:
        # a server has each workflow once, and keeps it
        tell_story(conversation, {"id": str(uuid.uuid4()), **content["graph"]}, content["story"])

    return Scenario(f"graph_{path.stem}", play, tuple(content["generations"]))


SCENARIOS += [_scenario(path) for path in sorted(FOLDER.glob("*.json"))]

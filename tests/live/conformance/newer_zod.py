"""What zod 4.6, which a project of today gets, says otherwise than the zod 4.3 of the transcripts."""

from __future__ import annotations

import json
from typing import Any

_OLDER_EMAIL = r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$"
_NEWER_EMAIL = r"^(?:[A-Za-z0-9_'+\-]+\.)*[A-Za-z0-9_'+\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$"
_REFUSED = "Invalid input data: \n"
_OF_B = "- b: Invalid input: expected object, received string"
_OF_KINDS = (
    "agent",
    "tool",
    "mapping",
    "workflow",
    "parallel",
    "foreach",
    "sleep",
    "sleepUntil",
    "conditional",
    "loop",
)
_INVALID = '"message":"Invalid input"'

SAID_OTHERWISE: dict[str, list[tuple[str, str]]] = {
    "corner_schema_of_many_kinds": [
        (r"{\"type\":[\"string\",\"number\"]}", r"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"number\"}]}"),
        (r"{\"type\":[\"string\",\"null\"]}", r"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}"),
        (json.dumps(_NEWER_EMAIL)[1:-1].replace("\\", "\\\\"), json.dumps(_OLDER_EMAIL)[1:-1].replace("\\", "\\\\")),
    ],
    "schedules_refused": [(r'"message":"Unrecognized key: \"zz\""', _INVALID)],
    "stored_workflows_refused": [
        (f'"message":"Invalid discriminator value. Expected {" | ".join(map(repr, _OF_KINDS))}"', _INVALID),
    ],
    "proto_refused": [
        (json.dumps(_REFUSED + _OF_B), json.dumps(f"{_REFUSED}{_OF_B.replace('b:', '__proto__:')}\n{_OF_B}")),
    ],
}
"""By scenario: texts of transcripts, newer and older."""


def in_older_words(scenario: str, told: list[Any]) -> list[Any]:
    """Return a transcript as a server with zod 4.3 would have told it; what is said otherwise must be there."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    for newer, older in SAID_OTHERWISE.get(scenario, ()):
        assert newer in text, f"zod no longer says {newer}"
        text = text.replace(newer, older)
    return json.loads(text)  # type: ignore[no-any-return]

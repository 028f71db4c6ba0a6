"""Which of a server's workflows come near to one that it does not have. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mastra_sync.suggest import nearest_names

MOST = 3
"""How many are offered."""


def ids_in(listed: Any) -> dict[str, str]:
    """Return the ids of workflows that a server lists, by all names of each."""
    known: dict[str, str] = {}
    for key, details in listed.items() if isinstance(listed, Mapping) else ():
        name = details.get("name") if isinstance(details, Mapping) else None
        workflow_id = name if isinstance(name, str) and name else key
        known |= {key: workflow_id, workflow_id: workflow_id}
    return known


def near_ids(wanted: str, known: Mapping[str, str]) -> list[str]:
    """Return the ids whose names are spelled nearly like one, the nearest first."""
    return list(dict.fromkeys(known[name] for name in nearest_names(wanted, known, most=MOST)))

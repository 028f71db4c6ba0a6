"""Texts as Mermaid shows them between quotes, whatever stands in them. No I/O."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"[^\w \-.,/=?!+*']")


def mermaid_text(text: str) -> str:
    """Return a text with numbers for all characters that could end a label."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", text)

"""What a server said in a scenario, with ids and times under other names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

RECORD_END = b"\x1e"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
SURROGATE = re.compile("[\ud800-\udfff]")
TIMES = {"startedAt", "endedAt", "suspendedAt", "resumedAt", "timestamp"}
CODE = {"fn", "mapConfig"}


@dataclass
class Transcript:
    """The exchanges of one scenario, in the order in which they were asked for."""

    generation: str
    exchanges: list[dict[str, Any]] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        request: str,
        sent: Any,
        status: int,
        content_type: str | None,
        body: bytes,
        *,
        is_cut: bool = False,
    ) -> None:
        """Record one exchange."""
        exchange: dict[str, Any] = {"request": request}
        if sent is not None:
            exchange["sent"] = sent
        exchange |= {"status": status, "type": content_type, **_read(content_type, body)}
        if is_cut:
            exchange["cut"] = True
        self.exchanges.append(exchange)

    def as_json(self) -> list[Any]:
        """Return the exchanges as they are kept and compared."""
        return [self._renamed(exchange) for exchange in self.exchanges]

    def _renamed(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {self._renamed(name): self._renamed(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self._renamed(item, key) for item in value]
        if isinstance(value, str):
            return self._renamed_text(value, key)
        if isinstance(value, (int, float)) and key in TIMES:
            return "<ms>"
        return value

    def _renamed_text(self, text: str, key: str) -> str:
        if ISO.match(text) and key != "until":
            return "<iso>"
        # the text of a function is another one in Python, and so are JavaScript objects that older servers dump
        if key in CODE and not (self.generation == "current" and text.startswith("{\n")):
            return "<code>"
        return UUID.sub(lambda match: self._names.setdefault(match[0], f"<id {len(self._names) + 1}>"), text)


def _read(content_type: str | None, body: bytes) -> dict[str, Any]:
    if content_type == "text/plain":
        *records, rest = body.split(RECORD_END)
        content: dict[str, Any] = {"records": [json.loads(record) for record in records]}
        return content | ({"rest": rest.decode()} if rest else {})
    if content_type is not None and content_type.startswith("application/json") and body:
        return {"body": json.loads(body)}
    return {"text": body.decode()}


def dump(exchanges: list[Any]) -> str:
    """Return a transcript as the file that keeps it."""
    text = json.dumps(exchanges, indent=1, ensure_ascii=False)
    return SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"

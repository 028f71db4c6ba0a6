"""What all models of a server's answers share: names of both spellings, unknown fields, deep copies."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from typing_extensions import Self

from mastra_sync.attributes import missing_attribute, not_subscriptable
from mastra_sync.nesting import flattened, unflattened

_MEANT = {
    "RunResult": {"output": "result", "input": "input_data", "success": "ok", "id": "run_id"},
    "StepResult": {"result": "output", "input": "payload", "input_data": "payload", "id": "path"},
}
"""What is to be written for names that Mastra, or others, use for a model's fields."""


class ServerModel(BaseModel):
    """Base of all models: camelCase on the wire, snake_case here; unknown fields are kept."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True, defer_build=True
    )

    def __getstate__(self) -> dict[Any, Any]:
        return {"flat": flattened(super().__getstate__())}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(unflattened(state["flat"]))

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        made = type(self).__new__(type(self))
        made.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return made

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            try:
                # further fields of the server's, and what pydantic itself keeps
                return super().__getattr__(name)
            except AttributeError:
                raise missing_attribute(self, name, _MEANT.get(type(self).__name__, {})) from None

        def __getitem__(self, key: Any) -> NoReturn:
            raise not_subscriptable(self, key, _MEANT.get(type(self).__name__, {}))

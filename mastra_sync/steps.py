"""A run's steps by id: a dict that says what it has when one is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mastra_sync.errors import NoSuchStep

if TYPE_CHECKING:
    from mastra_sync.models import StepResult


class Steps(dict[str, "StepResult"]):
    """The steps of one run by id; those of nested workflows as `nested.step`.

    It is a dict in all that one does with it.
    """

    __slots__ = ()

    def __missing__(self, step: object) -> NoReturn:
        __tracebackhide__ = True  # a failed test is to show who asked
        raise NoSuchStep(step, statuses={name: result.status for name, result in self.items()})

    def copy(self) -> Steps:
        """Return a shallow copy that is no less helpful."""
        return Steps(self)

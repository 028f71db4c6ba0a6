"""A fake server at an address of its own, and what nobody was told of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence
from types import TracebackType
from typing import Any

from typing_extensions import Self

from mastra_sync import MastraClient
from mastra_sync.attributes import refuses_unknown
from pytest_mastra.fake.api import problems
from pytest_mastra.fake.api.faults import UnusedFaults
from pytest_mastra.fake.api.journal import Request
from pytest_mastra.fake.api.problems import Section, as_text, check_allowed
from pytest_mastra.fake.engine.state import UnexpectedError, UnusedName
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.suite.settings import MastraConfig


@refuses_unknown()
class ServedMastra(FakeMastra):
    """A fake Mastra server at an address of its own; `mastra_server_factory` makes it.

    A context manager: at the end of a `with` it is closed, and what went wrong on it unnoticed is an `AssertionError`,
    unless another exception is on its way. Else it is closed with the fixture or the test in which it was made.

    Args:
        config: How `client` reaches it.
        allow: What may happen on it that would fail a test.
        is_on_socket: Whether other processes may ask it.
        options: Those of `FakeMastra`.

    Attributes:
        url: Where it answers.
        allowed: What may happen on it.
        untold: What went wrong on it, as far as no test was failed by it.
        lasting: What is open until it is closed.
        find_problems: Gives what went wrong on it unnoticed, once.
        is_on_socket: Whether other processes may ask it.
    """

    def __init__(
        self, config: MastraConfig, allow: str | Iterable[str], *, is_on_socket: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.is_on_socket = is_on_socket
        self.allowed = check_allowed(allow)
        self.untold = Untold(self)
        self.lasting = contextlib.ExitStack()
        self.find_problems: Callable[[ServedMastra], list[Section]] = lambda _: []
        self._config = config
        self._is_closed = False

    def client(self, **options: Any) -> MastraClient:
        """Return a client of this server, which lives in its time and is closed with it.

        Args:
            options: Those of `MastraClient`; by default what `mastra_config` says, and the server's own token.

        Raises:
            RuntimeError: The server is closed.
        """
        if self._is_closed:
            raise RuntimeError(f"{self!r} is closed: with the fixture or the test that made it, or its `with` block")
        usual = {
            "api_prefix": self.api_prefix,
            "headers": self._config.headers,
            "token": self._config.token if self.token is None else self.token,
            "timeout": self._config.timeout,
        }
        return self.lasting.enter_context(MastraClient(self.url, **(usual | options)))

    def close(self) -> None:
        """Answer no more; what it was asked can still be looked at."""
        self._is_closed = True
        self.lasting.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        self.close()
        found = self.find_problems(self)
        if found and error is None:
            raise AssertionError(as_text(found))

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]} at {self.url}>"


class Untold:
    """What went wrong on a server unnoticed, as far as nobody has been told.

    Args:
        server: The server.

    Attributes:
        of_fixtures: The numbers of the rules for faults that fixtures of a wider scope than a test's have written,
            each until its fixture ends.
        is_of_tests: Whether the server is of several tests; what it is said by name may be met until it is closed.
    """

    def __init__(self, server: FakeMastra) -> None:
        self.of_fixtures: frozenset[int] = frozenset()
        self.is_of_tests = False
        self._server = server
        self._names: frozenset[UnusedName] = frozenset()
        self._requests = 0
        self._errors = 0
        self._rules: frozenset[int] = frozenset()

    @property
    def strays(self) -> list[Request]:
        """The requests that met nothing."""
        return [request for request in self._server.journal.requests.since(self._requests)[0] if request.stray]

    @property
    def errors(self) -> list[UnexpectedError]:
        """Exceptions in steps, and the fake's own."""
        return self._server.state.unexpected_errors.since(self._errors)[0]

    @property
    def names(self) -> list[UnusedName]:
        """What was said by names that nothing has, if that can be told by now."""
        found = [] if self.is_of_tests else problems.unused_names([self._server.state])
        return [name for name in found if name not in self._names]

    def faults(self, *, of_fixtures: bool) -> UnusedFaults:
        """Return the faults that never came about, on request those of fixtures of wider scopes too."""
        return UnusedFaults(self._server.faults, self._rules | (frozenset() if of_fixtures else self.of_fixtures))

    def take_rules(self, rules: Collection[int]) -> UnusedFaults:
        """Return those of a fixture's rules that never came about, and note that they were told."""
        found = UnusedFaults(self._server.faults, self._server.faults.numbers.difference(rules) | self._rules)
        self._rules |= frozenset(rules)
        return found

    def note_told(self, *, of_fixtures: bool) -> None:
        """Note that everything was told, or need not be."""
        self._requests = self._server.journal.requests.total
        self._errors = self._server.state.unexpected_errors.total
        self._names |= frozenset(self.names)
        self._rules |= self._server.faults.numbers - (frozenset() if of_fixtures else self.of_fixtures)


def take_problems(
    servers: Sequence[ServedMastra],
    allowed: Collection[str],
    how_to_allow: str,
    *,
    of_fixtures: bool,
) -> list[Section]:
    """Return what went wrong on servers unnoticed, and note that it was told.

    Args:
        servers: The servers.
        allowed: What may happen on all of them.
        how_to_allow: What is advised, with a place for one of what may be allowed.
        of_fixtures: Whether the faults are meant too that fixtures of a wider scope than a test's have declared.
    """
    may = [(server.untold, server.allowed.union(allowed)) for server in servers]
    found = problems.find_problems(
        strays=[stray for untold, allow in may if "strays" not in allow for stray in untold.strays],
        errors=[error for untold, allow in may if "step_errors" not in allow for error in untold.errors],
        faults=[untold.faults(of_fixtures=of_fixtures) for untold, allow in may if "unused_faults" not in allow],
        names=[name for untold, allow in may if "unused_names" not in allow for name in untold.names],
        allowed=(),
        how_to_allow=how_to_allow,
    )
    for untold, _ in may:
        untold.note_told(of_fixtures=of_fixtures)
    return found

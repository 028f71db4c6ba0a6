"""Fixtures of a wider scope than a test's: their faults, and whether all their tests ran."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import pytest

from pytest_mastra.fake.api import problems
from pytest_mastra.fake.api.faults import UnusedFaults
from pytest_mastra.fake.engine.state import UnusedName
from pytest_mastra.suite import left_out
from pytest_mastra.suite.served_server import ServedMastra


class WideFixture:
    """A fixture that several tests may have, from its setup to its end.

    Args:
        definition: The fixture, as pytest has it.
        request: For which it is set up.
        before: The numbers of the rules for faults that are there already, by server.

    Attributes:
        rules: The numbers of the rules for faults that it has written, by server.
        made: The servers that it has made.
    """

    def __init__(
        self,
        definition: pytest.FixtureDef[Any],
        request: pytest.FixtureRequest,
        before: dict[ServedMastra, Collection[int]],
    ) -> None:
        self.rules: dict[ServedMastra, frozenset[int]] = {}
        self.made: list[ServedMastra] = []
        self._definition = definition
        self._session = request.session
        self._first: pytest.Function = request._pyfuncitem  # noqa: SLF001 -- the test that is being set up
        self._before = before
        narrow = definition.scope in {"class", "module"}
        home = definition.baseid.partition("::")[0]
        self._reach = request.path if narrow else request.config.rootpath / home
        self._passed: set[str] = set()
        self._failed = False

    def note_setup(self, servers: Iterable[ServedMastra]) -> bool:
        """Note the rules and servers that its setup has made; return whether there are any."""
        for server in servers:
            if server not in self._before:
                self.made.append(server)
                server.untold.is_of_tests = True
            written = server.faults.numbers - frozenset(self._before.get(server, ()))
            if written:
                self.rules[server] = written
                server.untold.of_fixtures |= written
        return bool(self.rules or self.made)

    def note_test(self, item: pytest.Item, *, passed: bool) -> None:
        """Note how a test ended while the fixture was there."""
        if passed:
            self._passed.add(item.nodeid)
        else:
            self._failed = True

    def take_unused(self) -> list[UnusedFaults]:
        """Return its unused faults that are not allowed, and note that they were told."""
        unused = [(server, server.untold.take_rules(rules)) for server, rules in self.rules.items()]
        return [found for server, found in unused if "unused_faults" not in server.allowed]

    def unused_names(self) -> list[UnusedName]:
        """Return what was said by names that nothing has, on the servers that it has made."""
        return problems.unused_names(server.state for server in self.made if "unused_names" not in server.allowed)

    def met_all_tests(self) -> bool:
        """Return whether each test that may use this fixture did, and passed.

        A test that did not run, or did not pass, may be the one that meets a fault.
        """
        if self._failed or not left_out.is_collected(self._reach, self._session.config):
            return False
        not_chosen = [item for item in left_out.deselected(self._session.config) if isinstance(item, pytest.Function)]
        if any(map(self._may_ask_for_it, not_chosen)):
            return False
        chosen = [item for item in self._session.items if isinstance(item, pytest.Function)]
        return all(item.nodeid in self._passed for item in (*chosen, *not_chosen) if self._is_used_by(item))

    def _is_used_by(self, item: pytest.Function) -> bool:
        """Return whether a test has this fixture, of the same parameters."""
        known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 -- there is no other way
        has_it = self._definition in known.get(self._definition.argname, ())
        return has_it and self._parameters(item) == self._parameters(self._first)

    def _may_ask_for_it(self, item: pytest.Function) -> bool:
        """Return whether a test may call `request.getfixturevalue` with its name."""
        return "request" in item._fixtureinfo.argnames and item.path.is_relative_to(self._reach)  # noqa: SLF001

    def _parameters(self, item: pytest.Function) -> dict[str, int]:
        """Return which parameter a test has of each that this fixture depends on."""
        indices: dict[str, int] = item.callspec.indices if hasattr(item, "callspec") else {}
        known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 -- there is no other way
        return {name: indices[name] for name in _needed(self._definition, known) if name in indices}


def _needed(
    definition: pytest.FixtureDef[Any], known: dict[str, Any], seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Give the names of a fixture, and of all that it needs."""
    yield definition.argname
    seen |= {definition.argname}
    for name in definition.argnames:
        for needed in known.get(name, ()) if name not in seen else ():
            yield from _needed(needed, known, seen)

"""Whether a live server has what a test needs; asked once in a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mastra_sync import MastraClient, MastraError, NotFoundError, RouteNotFound, UnsupportedByServer
from mastra_sync.operations import EXECUTION_RESULT
from pytest_mastra.suite import settings, unread_settings
from pytest_mastra.suite.declared_server import skip

if TYPE_CHECKING:
    from pytest_mastra.suite.markers import Needs
    from pytest_mastra.suite.settings import MastraConfig

TIMEOUT = (5.0, 15.0)
"""Seconds to connect, and between two pieces of an answer."""


@dataclass(frozen=True, slots=True)
class LiveServer:
    """What is known of a live server.

    Attributes:
        workflows: Ids and registered keys of its workflows.
        problem: Why it cannot be used; None if it can.
    """

    workflows: tuple[str, ...] = ()
    problem: str | None = None


_KNOWN = pytest.StashKey["dict[object, LiveServer]"]()
_GENERATIONS = pytest.StashKey["dict[object, str]"]()

NO_RUN = "no-run-of-this-id"

NO_URL = f"--mastra-target=live needs to know where the server is: {settings.HOW_TO_GIVE_URL}"


def check(pytest_config: pytest.Config, needs: Needs, config: MastraConfig) -> None:
    """See whether a live server has what a test needs.

    Raises:
        pytest.skip.Exception: It has not.
        pytest.fail.Exception: Nobody says where it is; it cannot be reached, or lets nobody in.
    """
    try:
        server = check_usable(pytest_config, config)
    except pytest.UsageError as error:
        pytest.fail(str(error), pytrace=False)
    address = settings.public_address(str(config.url))
    if needs.generations:
        generation = _generation(pytest_config, config, server)
        if generation not in needs.generations:
            skip(f"is about {' and '.join(needs.generations)}, and {address} is {generation}")
    for name in needs.needed_workflows:
        if name not in server.workflows:
            hint = settings.suggest(name, server.workflows).rstrip()
            listed = hint or f"it has {', '.join(server.workflows) or 'none'}"
            skip(f"needs workflow {name!r}, which {address} has not: {listed}")


def check_usable(pytest_config: pytest.Config, config: MastraConfig) -> LiveServer:
    """Return what is known of a live server that can be used.

    It is asked once in a session.

    Raises:
        UsageError: Nobody says where it is; it cannot be reached, or lets nobody in.
    """
    if config.url is None:
        hint = unread_settings.near_variables(settings.URL_VARIABLE)
        raise settings.usage_error(f"{NO_URL}{hint}", "live-server")
    server = _known_server(pytest_config, config)
    if server.problem is not None:
        raise settings.usage_error(server.problem, "live-server")
    return server


def _known_server(pytest_config: pytest.Config, config: MastraConfig) -> LiveServer:
    known = pytest_config.stash.setdefault(_KNOWN, {})
    key = _identity(config)
    if key not in known:
        known[key] = _ask(config)
    return known[key]


def _generation(pytest_config: pytest.Config, config: MastraConfig, server: LiveServer) -> str:
    """Return what a live server is: what somebody says, or else what its routes show."""
    usual = settings.setting(pytest_config, "generation")
    if usual.origin != "default" or config.generation != usual.value:
        return config.generation
    known = pytest_config.stash.setdefault(_GENERATIONS, {})
    key = _identity(config)
    if key not in known:
        known[key] = _generation_by_routes(config, server)
    return known[key]


def _generation_by_routes(config: MastraConfig, server: LiveServer) -> str:
    with _client(config) as client:
        try:
            client.list_workflow_run_counts()
        except UnsupportedByServer:
            pass
        else:
            return "current"
        try:
            # any workflow will do
            client.api.about([*server.workflows, "none"][0], NO_RUN).call(EXECUTION_RESULT)
        except RouteNotFound:
            return "1.2"
        except NotFoundError:
            pass
        return "1.0-beta"


def _ask(config: MastraConfig) -> LiveServer:
    try:
        with _client(config) as client:
            listed = client.list_workflows(partial=True)
    except MastraError as error:
        return LiveServer(problem=f"the live server cannot be used: {error}")
    ids = [details.name for details in listed.values() if details.name]
    return LiveServer(tuple(dict.fromkeys([*listed, *ids])))


def _client(config: MastraConfig) -> MastraClient:
    return MastraClient(
        config.url,
        api_prefix=config.api_prefix,
        headers=config.headers,
        token=config.token,
        timeout=TIMEOUT,
        verify=config.verify,
        cert=config.cert,
        retries=0,
    )


def _identity(config: MastraConfig) -> object:
    return config.url, config.api_prefix, config.token, tuple(config.headers.items()), config.verify, config.cert

"""The note under a workflow that was not found: which other server declares it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from pytest_mastra.explain.loaded_classes import loaded_classes
from pytest_mastra.suite.scene import SCENE

if TYPE_CHECKING:
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.suite.served_server import ServedMastra

_NOT_FOUND = ("mastra_sync.errors", "WorkflowNotFound")
_WORKFLOW = re.compile(r"/workflows/([^/?]+)")


def add_note_of_other_server(error: BaseException, item: pytest.Item) -> None:
    """Say of a workflow that was not found which other server has it.

    Args:
        error: How the test, or a fixture, ended.
        item: The test.
    """
    if not isinstance(error, loaded_classes(_NOT_FOUND)):
        return
    # few failures are of this kind
    from pytest_mastra.fake.api.workflow_names import names_in_requests  # noqa: PLC0415
    from pytest_mastra.suite.open_servers import SERVERS  # noqa: PLC0415

    asked = str(getattr(error, "url", ""))
    found = _WORKFLOW.search(asked)
    if found is None:
        return
    name = unquote(found[1])
    scene = item.stash.get(SCENE, None)
    own = [("mastra_server", scene.url, scene.servers[0])] if scene is not None and scene.servers else []
    factory = item.config.pluginmanager.get_plugin(SERVERS)
    served: list[ServedMastra] = [] if factory is None else factory.servers
    others = [("a server of mastra_server_factory", server.url, server) for server in served]
    servers: list[tuple[str, str, FakeMastra]] = [*own, *others]
    for called, url, server in servers:
        if not asked.startswith(f"{url}/") and name in names_in_requests(server.state):
            note = f"{name!r} is declared on {called}, which is at {url}; the one that was asked is another."
            error.__notes__ = [*getattr(error, "__notes__", []), note]  # type: ignore[attr-defined,unused-ignore]
            return

"""Why nobody answered: what a test lacks whose requests do not come to its fake.

It is asked of every failure, also of tests that have nothing to do with Mastra; so what it needs is loaded once a
request is found that was for a Mastra server.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import inspect
import os
import re
import sys
import unittest
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_mastra.explain.loaded_classes import loaded_classes

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.suite.scene import Scene

_USUAL_PORT = 4111
_USUAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 -- nothing is bound to it
_FAKE_HOST = "mastra.test"

_BY_REQUESTS = frozenset({"mastra_sync", "requests"})
"""Whose requests a fake in this process answers."""

_SPEAKING_OF_NOBODY = re.compile(
    r"refused|establish|cannot reach|resol|not known|getaddrinfo|failure in name|nodename", re.IGNORECASE
)
_OF_NO_NAME = re.compile(r"resol|not known|getaddrinfo|failure in name|nodename", re.IGNORECASE)
_ADDRESS = re.compile(rf"https?://(?:localhost|127\.0\.0\.1|\[::1\]):{_USUAL_PORT}\b|http://{re.escape(_FAKE_HOST)}\b")
_HOST_AND_PORT = re.compile(r"host='([^']+)', port=(\d+)")

_MOCKS = {
    "responses": 'mock.add_passthru("{url}")',
    "requests_mock": 'requests_mock.get(re.compile("^{url}"), real_http=True)',
    "vcr": '"ignore_hosts": ["{host}"] in vcr_config',
}
"""Tools that keep requests to themselves, and how each lets an address through."""


@dataclass(frozen=True, slots=True)
class LostRequest:
    """A request that nobody answered.

    Attributes:
        origin: Where it was sent: scheme, host and port.
        by: The library that sent it; empty where only words tell of it.
        made_at: File and line where its client was made, as `file:line`; empty if it is not known.
        mock: The tool that kept it to itself, if one did.
    """

    origin: str
    by: str
    made_at: str = ""
    mock: str = ""

    @property
    def fixture(self) -> str:
        """What gives a fake that would have answered."""
        return "mastra_server" if self.by in ("", *_BY_REQUESTS) else "mastra_socket_server"


@dataclass(frozen=True, slots=True)
class _Holder:
    """Where a client or an address is kept, and what is to stand there.

    Attributes:
        target: A call of monkeypatch's, up to the value.
        value: The value.
    """

    target: str
    value: str


def explain_unreached(item: pytest.Item, error: BaseException, said: str) -> tuple[str, str] | None:
    """Return the section of a report that says which line a test lacks, if any.

    Never raises.

    Args:
        item: The test.
        error: Its failure.
        said: What was printed and logged meanwhile.
    """
    try:
        lost = next(_lost_requests(error), None) or _lost_in_words(f"{said}\n{_output_of(error)}")
        if lost is None:
            return None
        from pytest_mastra.suite.scene import SCENE

        scene = item.stash.get(SCENE, None)
        lines = _explain(item, lost, scene)
        return (f"mastra: nobody answers at {lost.origin}", "\n".join(f"  {line}" for line in lines)) if lines else None
    except Exception:  # noqa: BLE001 -- whatever is wrong here, the test's own failure must come through
        return None


# -- the request


def _lost_requests(error: BaseException) -> Iterator[LostRequest]:
    """Give the requests that a failure, or what it came from, says nobody answered."""
    links = list(_links(error))
    mock = next(filter(None, map(_mock_of, links)), "")
    if not mock and not any(_SPEAKING_OF_NOBODY.search(str(link)) for link in links):
        return
    for link in links:
        url, by = _address_of(link)
        if url:
            yield LostRequest(_origin(url), by, str(getattr(link, "made_at", "")), mock)


def _links(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    left = [error]
    while left:
        link = left.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        left += [other for other in (link.__cause__, link.__context__) if other is not None]
        left += [other for other in getattr(link, "exceptions", ()) if isinstance(other, BaseException)]


def _mock_of(link: BaseException) -> str:
    module = type(link).__module__.partition(".")[0]
    return (
        "responses" if str(link).startswith("Connection refused by Responses") else module if module in _MOCKS else ""
    )


def _address_of(link: BaseException) -> tuple[str, str]:
    """Return where a request went that failed so, and what sent it, if one did."""
    by = type(link).__module__.partition(".")[0]
    if isinstance(link, loaded_classes(("mastra_sync.errors", "APIConnectionError"))):
        return str(link.url), "mastra_sync"  # type: ignore[attr-defined]
    if isinstance(link, loaded_classes(("requests.exceptions", "ConnectionError"), ("httpx", "TransportError"))):
        request = getattr(link, "_request", None) or getattr(link, "request", None)
        return str(getattr(request, "url", "") or ""), "requests" if by == "requests_mock" else by
    found = _HOST_AND_PORT.search(str(link)) if by == "urllib3" else None
    if found:
        return f"http://{found[1]}:{found[2]}", by
    if isinstance(link, OSError):
        return _address_of_connection(link.__traceback__), "http.client"
    return "", ""


def _address_of_connection(traceback: TracebackType | None) -> str:
    """Return where `http.client` was to connect, as its functions in a traceback know."""
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__") == "http.client" and frame.f_code.co_name == "connect":
            connection = frame.f_locals.get("self")
            return f"http://{getattr(connection, 'host', '')}:{getattr(connection, 'port', '')}"
        traceback = traceback.tb_next
    return ""


def _lost_in_words(text: str) -> LostRequest | None:
    """Return the request that a text says nobody answered, if it does."""
    for line in text.splitlines():
        found = _ADDRESS.search(line) or _HOST_AND_PORT.search(line)
        if found is None or not _SPEAKING_OF_NOBODY.search(line):
            continue
        url = found[0] if "://" in found[0] else f"http://{found[1]}:{found[2]}"
        # in this process that name is always known to what a fake answers
        if not _is_fakes(url) or _OF_NO_NAME.search(line):
            return LostRequest(_origin(url), "")
    return None


def _output_of(error: BaseException) -> str:
    """Return what a process has said that failed, and what a failed assertion says of one."""
    said = [getattr(error, name, None) for name in ("stderr", "output")]
    said += [str(error)] if isinstance(error, AssertionError) else []
    return "\n".join(text.decode(errors="replace") if isinstance(text, bytes) else str(text or "") for text in said)


def _origin(url: str) -> str:
    from pytest_mastra.http.session_patch import origin_of

    return origin_of(url)


def _is_fakes(url: str) -> bool:
    return urlsplit(url).hostname == _FAKE_HOST


def _is_usual(origin: str) -> bool:
    """Whether an address is where a client goes to whom nobody says where."""
    parts = urlsplit(origin)
    named = os.environ.get("MASTRA_BASE_URL")
    return (parts.hostname in _USUAL_HOSTS and parts.port == _USUAL_PORT) or bool(named and _origin(named) == origin)


# -- what is missing


def _explain(item: pytest.Item, lost: LostRequest, scene: Scene | None) -> list[str]:
    if scene is None:
        return _explain_no_fixture(item, lost) if _is_usual(lost.origin) or _is_fakes(lost.origin) else []
    here = _origin(scene.url)
    if lost.mock:
        how = _MOCKS[lost.mock].format(url=here, host=urlsplit(here).hostname)
        return [f"{lost.mock} keeps what is sent to {here} to itself; let it through:", f"    {how}"]
    if lost.origin == here:
        return [] if lost.by in _BY_REQUESTS or not _is_fakes(here) else _explain_other_client(item, lost)
    holders = _holders(item, lost)
    # another address may be a server of the test's own
    is_meant = not (holders or _is_fakes(lost.origin) or _is_usual(lost.origin))
    return [] if is_meant else _explain_elsewhere(item, lost, here, holders)


def _explain_no_fixture(item: pytest.Item, lost: LostRequest) -> list[str]:
    holders = _holders(item, lost)
    wanted = [lost.fixture, *_needed_for(holders)]
    return [
        "No fixture of pytest_mastra is active in this test: what it sends goes where it goes outside of tests.",
        *_made_at(item, lost),
        "Let the test take the fake:",
        *_signature(item, wanted),
        *_replace(holders),
        *(["If another process sent it: mastra_socket_server, and hand it the environment."] if not lost.by else []),
        *_neighbours(item),
    ]


def _explain_elsewhere(item: pytest.Item, lost: LostRequest, here: str, holders: Sequence[_Holder]) -> list[str]:
    lines = [f"What this test runs against is at {here}, and this went elsewhere.", *_made_at(item, lost)]
    if holders:
        return [
            *lines,
            "That was before this test's fixtures, and it keeps its address. Let the test put another in its place:",
            *_signature(item, _needed_for(holders)),
            *_replace(holders),
        ]
    return [
        *lines,
        "MASTRA_BASE_URL has the address while a fixture is active. Make the client in the function that needs it,",
        "as MastraClient(), without an address; or hand over what the fixture mastra_client gives.",
    ]


def _explain_other_client(item: pytest.Item, lost: LostRequest) -> list[str]:
    by = f"{lost.by} and" if lost.by else "other processes,"
    return [
        f"The fake answers there what is sent by `requests` in this process. For {by} all others it is on a socket:",
        *_signature(item, ["mastra_socket_server"]),
        "    mastra_socket_server.url is its address, and MASTRA_BASE_URL has it.",
    ]


def _made_at(item: pytest.Item, lost: LostRequest) -> list[str]:
    if not lost.made_at or f"{os.sep}pytest_mastra{os.sep}" in lost.made_at:
        return []
    path, _, line = lost.made_at.rpartition(":")
    root = f"{item.config.rootpath}{os.sep}"
    return [f"The client was made at {path.removeprefix(root)}:{line}."]


def _needed_for(holders: Sequence[_Holder]) -> list[str]:
    fixtures = dict.fromkeys(holder.value.partition(".")[0] for holder in holders)
    return [*fixtures, "monkeypatch"] if holders else []


def _signature(item: pytest.Item, wanted: Sequence[str]) -> list[str]:
    """Return the line that asks for fixtures."""
    function = getattr(item, "function", None)
    if function is None:
        return [f"    its fixtures: {', '.join(wanted)}"]
    cls = getattr(item, "cls", None)
    if cls is not None and issubclass(cls, unittest.TestCase):
        return ["    @pytest.fixture(autouse=True)", f"    def fake(self, {', '.join(dict.fromkeys(wanted))}):"]
    names = dict.fromkeys([*inspect.signature(function).parameters, *wanted])
    own = ["self", *names] if cls is not None and "self" not in names else list(names)
    prefix = "async " if inspect.iscoroutinefunction(function) else ""
    return [f"    {prefix}def {function.__name__}({', '.join(own)}):"]


def _replace(holders: Sequence[_Holder]) -> list[str]:
    return [f"        monkeypatch.{holder.target}, {holder.value})" for holder in holders]


def _neighbours(item: pytest.Item) -> list[str]:
    others = [
        other.name
        for other in item.session.items
        if other is not item and other.path == item.path and "mastra_target" in getattr(other, "fixturenames", ())
    ]
    if not others:
        return []
    return [
        f"{others[0]} of this file does; for all tests of the file:",
        '    pytestmark = pytest.mark.usefixtures("mastra_server")',
    ]


# -- who keeps the client


def _holders(item: pytest.Item, lost: LostRequest) -> list[_Holder]:
    """Return where modules of the project keep the client, or else its address."""
    modules = [module for module in list(sys.modules.values()) if _is_projects(module, item, lost)]
    kinds = {"mastra_sync": [_instead_of_client], "": [_instead_of_client, _instead_of_address]}
    for replacement in kinds.get(lost.by, [_instead_of_address]):
        found = [holder for module in modules for holder in _held_by(module, item, lost, replacement)]
        if found:
            return found[:_MOST_HOLDERS]
    return []


def _is_projects(module: ModuleType, item: pytest.Item, lost: LostRequest) -> bool:
    path = str(getattr(module, "__file__", None) or "")
    package = str(getattr(module, "__name__", "")).partition(".")[0]
    if not path or "site-packages" in path or package in ("mastra_sync", "pytest_mastra"):
        return False
    return path.startswith(f"{item.config.rootpath}{os.sep}") or path == lost.made_at.rpartition(":")[0]


def _held_by(
    module: ModuleType, item: pytest.Item, lost: LostRequest, replacement: Callable[[object, LostRequest], str]
) -> Iterator[_Holder]:
    is_tests = getattr(item, "module", None) is module
    for name, held in list(vars(module).items()):
        if value := replacement(held, lost):
            place = f'globals(), "{name}"' if is_tests else f'"{module.__name__}.{name}"'
            yield _Holder(f"{'setitem' if is_tests else 'setattr'}({place}", value)
        elif getattr(held if isinstance(held, type) else type(held), "__module__", None) == module.__name__:
            for inner, kept in list(getattr(held, "__dict__", {}).items()):
                if value := replacement(kept, lost):
                    place = f'{name}, "{inner}"' if is_tests else f'"{module.__name__}.{name}.{inner}"'
                    yield _Holder(f"setattr({place}", value)


def _instead_of_client(held: object, lost: LostRequest) -> str:
    """Return what is to replace a client, or its workflow; empty if it may stay."""
    if not isinstance(held, loaded_classes(*_OF_CLIENTS)):
        return ""
    known: Any = held
    is_meant = known.api.made_at == lost.made_at if lost.made_at else _are_same(_origin(known.api.root), lost.origin)
    if not is_meant:
        return ""
    return f'mastra_client.get_workflow("{known.id}")' if hasattr(known, "id") else "mastra_client"


def _instead_of_address(held: object, lost: LostRequest) -> str:
    """Return what is to stand in the place of an address; empty if it may stay."""
    if not isinstance(held, str) or not held.startswith(("http://", "https://")):
        return ""
    if not _are_same(_origin(held), lost.origin):
        return ""
    path = urlsplit(held).path
    return f'{lost.fixture}.url + "{path}"' if path else f"{lost.fixture}.url"


def _are_same(one: str, other: str) -> bool:
    return one == other or (_is_usual(one) and _is_usual(other))


_MOST_HOLDERS = 3

_OF_CLIENTS = (("mastra_sync.client", "MastraClient"), ("mastra_sync.workflow", "Workflow"))

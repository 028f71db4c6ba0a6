"""The command and servers behind TLS: whom it trusts, and what it says where it trusts nobody; real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mastra_sync.cli.exits import Exit
from tests.cli.processes import Ended
from tests.cli.stub_server import StubServer
from tests.faults.authority import Authority, SecureFront

Command = Callable[..., Ended]


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    return Authority(tmp_path)


@pytest.fixture
def url(stub: StubServer, authority: Authority) -> Iterator[str]:
    """Where the scripted server speaks TLS."""
    with SecureFront(int(stub.url.rpartition(":")[2]), authority.server_context()) as front:
        yield front.base_url


def test_an_option_and_a_variable_say_whom_to_trust(
    mastra_sync_process: Command, stub: StubServer, authority: Authority, url: str
) -> None:
    """A run goes through by either; what to do next repeats the option."""
    ended = mastra_sync_process("run", "scripted", "--url", url, "--ca-file", str(authority.file))
    assert (ended.status, ended.out) == (Exit.SUCCESS, '{"done": true}\n')
    stub.script.state = {"status": "suspended", "steps": {"ask": {"status": "suspended", "suspendPayload": {}}}}
    ended = mastra_sync_process("run", "scripted", "--url", url, "--ca-file", str(authority.file))
    assert ended.status == Exit.SUSPENDED
    assert f"--ca-file {authority.file}" in ended.err
    ended = mastra_sync_process(
        "workflows", environment={"MASTRA_BASE_URL": url, "MASTRA_CA_FILE": str(authority.file)}
    )
    assert (ended.status, ended.err) == (Exit.SUCCESS, "")


def test_nobody_is_trusted(mastra_sync_process: Command, url: str) -> None:
    """The first line says what to set, at once: trying again would not help."""
    ended = mastra_sync_process("run", "scripted", "--url", url)
    assert (ended.status, ended.out, ended.err.count("\n")) == (Exit.SERVER, "", 2)
    assert f"cannot reach {url}/api: [SSL: CERTIFICATE_VERIFY_FAILED]" in ended.err
    assert ended.err.endswith(
        ". Trusted are the authorities that come with requests (certifi). --ca-file or "
        "MASTRA_CA_FILE names the file with the certificate of the server's authority\n"
        "See https://mastra-sync.readthedocs.io/errors/#api-connection-error\n"
    )
    assert "attempts" not in ended.err


@pytest.mark.parametrize("source", ["--ca-file", "MASTRA_CA_FILE"])
def test_a_file_that_is_none(mastra_sync: Command, monkeypatch: pytest.MonkeyPatch, url: str, source: str) -> None:
    """It is named as it was given, before anything is sent."""
    given = ["--ca-file", "no.pem"] if source == "--ca-file" else []
    if not given:
        monkeypatch.setenv(source, "no.pem")
    ended = mastra_sync("workflows", "--url", url, *given)
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert f"{source}: " in ended.err
    assert "no.pem cannot be read: No such file or directory" in ended.err


@pytest.mark.parametrize(
    ("arguments", "token", "said"),
    [
        ([], "", "No Authorization header was sent; set MASTRA_API_TOKEN"),
        ([], "s3cret-1", "A token was sent, from MASTRA_API_TOKEN; the server does not accept it"),
        (["--header", "Authorization=Bearer s3cret-1"], "", "A token was sent, from --header; the server does not acc"),
        (["--header", "Authorization=Bearer s3cret-1"], "s3cret-2", "A token was sent, from --header; the server"),
    ],
)
def test_what_was_sent_to_be_let_in(
    stub: StubServer,
    mastra_sync: Command,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    token: str,
    said: str,
) -> None:
    """A 401 is of the token that was sent, not of one that is set and was not."""
    monkeypatch.setenv("MASTRA_API_TOKEN", token)
    stub.script.refusal = (401, {"error": "Invalid or expired token"})
    ended = mastra_sync("workflows", *arguments)
    assert (ended.status, ended.err.count("\n")) == (Exit.SERVER, 2)
    assert f"refuses access (Invalid or expired token). {said}" in ended.err
    assert "s3cret" not in ended.err

"""The command and a server that asks for a client certificate: by options, variables and profiles."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mastra_sync.cli.exits import Exit
from tests.cli.processes import Ended
from tests.cli.stub_server import StubServer
from tests.faults.authority import Authority, SecureFront

Command = Callable[..., Ended]
PASSWORD = "s3cret-password"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    made = Authority(tmp_path)
    monkeypatch.setenv("MASTRA_CA_FILE", str(made.file))
    return made


@pytest.fixture
def url(stub: StubServer, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the scripted server speaks TLS with whom it knows."""
    # by TLS 1.3 a server refuses only once it is asked something, and its alert may be lost
    context = authority.server_context(asks_client=True, newest=ssl.TLSVersion.TLSv1_2)
    with SecureFront(int(stub.url.rpartition(":")[2]), context) as front:
        monkeypatch.setenv("MASTRA_BASE_URL", front.base_url)
        yield front.base_url


@pytest.mark.parametrize("source", ["options", "variables", "one file", "profile"])
@pytest.mark.parametrize("password", [None, PASSWORD])
def test_who_one_is(
    source: str,
    password: str | None,
    tmp_path: Path,
    stub: StubServer,
    mastra_sync: Command,
    authority: Authority,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run goes through; what to do next repeats the options, and the password is nowhere."""
    cert, key = authority.client_files(password)
    given: list[str] = []
    if password is not None:
        monkeypatch.setenv("KEY_PASSWORD" if source == "profile" else "MASTRA_CLIENT_KEY_PASSWORD", password)
    if source == "options":
        given = ["--client-cert", str(cert), "--client-key", str(key)]
    elif source == "one file":
        cert.write_bytes(cert.read_bytes() + key.read_bytes())
        given = ["--client-cert", str(cert)]
    elif source == "variables":
        monkeypatch.setenv("MASTRA_CLIENT_CERT", str(cert))
        monkeypatch.setenv("MASTRA_CLIENT_KEY", str(key))
    else:
        lines = ["[tool.mastra-sync.profiles.stage]", 'client-cert = "client.pem"', 'client-key = "client.key"']
        lines += ['client-key-password-env = "KEY_PASSWORD"'] if password is not None else []
        (tmp_path / "pyproject.toml").write_text("\n".join(lines))
        monkeypatch.chdir(tmp_path)
        given = ["--profile", "stage"]
    stub.script.state = {"status": "suspended", "steps": {"ask": {"status": "suspended", "suspendPayload": {}}}}
    ended = mastra_sync("run", "scripted", *given)
    assert ended.status == Exit.SUSPENDED, ended.err
    assert " ".join(given) in ended.err
    assert PASSWORD not in ended.err + ended.out


def test_one_who_shows_nothing(mastra_sync: Command, url: str) -> None:
    """The option and the variable are named."""
    ended = mastra_sync("workflows")
    assert ended.status == Exit.SERVER
    assert "No client certificate was shown: --client-cert or MASTRA_CLIENT_CERT gives one" in ended.err


def _without_password(_: Path, cert: Path, key: Path) -> list[str]:
    return ["--client-cert", str(cert), "--client-key", str(key)]


MISTAKES: dict[str, tuple[Callable[[Path, Path, Path], list[str]], str]] = {
    "no password": (
        _without_password,
        r"--client-cert: the key in {folder}/client.key is encrypted: MASTRA_CLIENT_KEY_PASSWORD has its password",
    ),
    "no certificate": (
        lambda _, cert, key: ["--client-key", str(key)],
        "--client-key is the key of a certificate, which --client-cert must name",
    ),
    "no file": (
        lambda folder, cert, key: ["--client-cert", str(cert), "--client-key", str(folder / "no.key")],
        "--client-cert: {folder}/no.key cannot be read: No such file or directory",
    ),
    "no path": (
        lambda folder, cert, key: ["--client-cert", str(cert), "--client-key", ""],
        "--client-key: must be the path of a file, and is empty",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(mistake: str, tmp_path: Path, mastra_sync: Command, authority: Authority, url: str) -> None:
    """Named as on the command line, before anything is sent; nobody is asked for a password."""
    arguments, said = MISTAKES[mistake]
    ended = mastra_sync("workflows", *arguments(tmp_path, *authority.client_files(PASSWORD)))
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert said.format(folder=tmp_path) in ended.err


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"MASTRA_CLIENT_KEY": "me.key"}, "MASTRA_CLIENT_KEY: is the key of a certificate, which MASTRA_CLIENT_CERT"),
        ({"MASTRA_CLIENT_CERT": "no.pem"}, "MASTRA_CLIENT_CERT: "),
        ({"MASTRA_CLIENT_CERT": "client.pem", "MASTRA_CLIENT_KEY": "client.key"}, "MASTRA_CLIENT_KEY_PASSWORD has its"),
    ],
)
def test_mistaken_variables(
    variables: dict[str, str],
    said: str,
    tmp_path: Path,
    mastra_sync: Command,
    authority: Authority,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The variable is named."""
    authority.client_files(PASSWORD)
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ended = mastra_sync("workflows")
    assert (ended.status, said in ended.err) == (Exit.USAGE, True), ended.err


def test_a_password_in_a_profile(tmp_path: Path, mastra_sync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused unread: the file is shared."""
    (tmp_path / "pyproject.toml").write_text(f'[tool.mastra-sync.profiles.stage]\nclient-key-password = "{PASSWORD}"\n')
    monkeypatch.chdir(tmp_path)
    ended = mastra_sync("workflows", "--profile", "stage")
    assert "'client-key-password' may be secret" in ended.err
    assert "client-key-password-env names the variable" in ended.err
    assert PASSWORD not in ended.err

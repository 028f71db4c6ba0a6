"""Clients and TLS: whom they trust, what they show of themselves, and what is said where that does not do."""

from __future__ import annotations

import pickle
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import requests

from mastra_sync import APIConnectionError, InvalidArgument, MastraClient, OutcomeUnknown
from tests.faults.authority import Authority, SecureServer
from tests.faults.dripping_server import DrippingServer
from tests.faults.wire_server import WireServer, json_reply

Make = Callable[..., MastraClient]
PASSWORD = "pa55 wörd"
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "MASTRA_CA_FILE")


@pytest.fixture(autouse=True)
def no_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BUNDLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Another authority, which has nothing to do with the server."""
    return Authority(tmp_path_factory.mktemp("stranger"))


def serving(context: ssl.SSLContext) -> SecureServer:
    server = SecureServer(context)
    server.on("GET", "/workflows", json_reply({}))
    return server


@pytest.fixture(scope="module")
def secure(authority: Authority) -> Iterator[SecureServer]:
    with serving(authority.server_context()) as server:
        yield server


@pytest.fixture(scope="module")
def asking(authority: Authority) -> Iterator[SecureServer]:
    """A server that lets in only who shows a certificate; TLS 1.2 says so before anything is sent."""
    with serving(authority.server_context(asks_client=True, newest=ssl.TLSVersion.TLSv1_2)) as server:
        yield server


def refusal_of(client: MastraClient) -> APIConnectionError:
    with pytest.raises(APIConnectionError) as raised:
        client.list_workflows()
    # nothing has left, and trying again would change nothing
    assert (raised.value.sent, raised.value.attempts) == (False, 1)
    return raised.value


# -- whom a client trusts


def test_an_authority_of_ones_own(secure: SecureServer, authority: Authority, make_client: Make) -> None:
    """Its file as a text or a path, a folder by hash, or nobody at all."""
    for verify in (str(authority.file), authority.file):
        assert make_client(secure.base_url, verify=verify).list_workflows() == {}
    with pytest.warns(match="Unverified HTTPS request"):
        assert make_client(secure.base_url, verify=False).list_workflows() == {}


@pytest.mark.skipif(which("openssl") is None, reason="the name of a certificate is openssl's to say")
def test_a_folder_by_hash(secure: SecureServer, authority: Authority, make_client: Make, tmp_path: Path) -> None:
    """As OpenSSL keeps them; a folder without such names is refused, for nobody would be trusted."""
    with pytest.raises(InvalidArgument, match="by hash, as `openssl rehash` names them"):
        make_client(secure.base_url, verify=tmp_path)
    asked = ["openssl", "x509", "-hash", "-noout", "-in", str(authority.file)]
    digest = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    (tmp_path / f"{digest}.0").write_bytes(authority.file.read_bytes())
    assert make_client(secure.base_url, verify=tmp_path).list_workflows() == {}


@pytest.mark.parametrize("variable", BUNDLES)
def test_an_authority_of_the_environment(
    secure: SecureServer, authority: Authority, make_client: Make, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """`MASTRA_CA_FILE`, and what requests knows."""
    monkeypatch.setenv(variable, str(authority.file))
    assert make_client(secure.base_url).list_workflows() == {}


def test_the_nearest_word_counts(
    secure: SecureServer, authority: Authority, stranger: Authority, make_client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The argument goes before `MASTRA_CA_FILE`, and that before what is for all programs; True is only the last."""
    right, wrong = str(authority.file), str(stranger.file)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", wrong)
    monkeypatch.setenv("MASTRA_CA_FILE", right)
    assert make_client(secure.base_url).list_workflows() == {}
    refusal_of(make_client(secure.base_url, verify=True))
    monkeypatch.setenv("MASTRA_CA_FILE", wrong)
    assert make_client(secure.base_url, verify=right).list_workflows() == {}


@pytest.mark.parametrize("verify", ["its authority", False])
def test_a_session_is_not_overruled(
    secure: SecureServer,
    authority: Authority,
    stranger: Authority,
    make_client: Make,
    monkeypatch: pytest.MonkeyPatch,
    verify: Any,
) -> None:
    """Requests itself prefers `REQUESTS_CA_BUNDLE` to what a session says."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger.file))
    with requests.Session() as session:
        session.verify = str(authority.file) if verify else False
        client = make_client(secure.base_url, session=session)
        if verify:
            assert client.list_workflows() == {}
            return
        with pytest.warns(match="Unverified HTTPS request"):
            assert client.list_workflows() == {}


def test_a_session_says_itself(make_client: Make) -> None:
    """What would have no effect is refused, and says where to set it."""
    with requests.Session() as session:
        with pytest.raises(InvalidArgument, match=r"^verify: is the session's to say: set session\.verify$"):
            make_client(session=session, verify=False)
        with pytest.raises(InvalidArgument, match=r"^cert: is the session's to say: set session\.cert$"):
            make_client(session=session, cert="x.pem")


def test_a_copy_trusts_and_shows_the_same(
    asking: SecureServer, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In another process the environment and the working folder may be others."""
    cert, key = authority.client_files(PASSWORD)
    monkeypatch.chdir(authority.file.parent)
    monkeypatch.setenv("MASTRA_CA_FILE", authority.file.name)
    with MastraClient(asking.base_url, cert=(cert.name, key.name, PASSWORD)) as client:
        copy = pickle.loads(pickle.dumps(client))
    monkeypatch.delenv("MASTRA_CA_FILE")
    monkeypatch.chdir(tmp_path)
    with copy:
        assert copy.list_workflows() == {}
        assert PASSWORD not in f"{copy!r} {copy._settings!r}"


def test_what_is_not_needed_is_not_opened(monkeypatch: pytest.MonkeyPatch, server: WireServer) -> None:
    """Code that names its company's files runs where they are missing, on a fake without TLS."""
    monkeypatch.setenv("MASTRA_CA_FILE", "/nowhere/ca.pem")
    server.on("GET", "/workflows", json_reply({}))
    with MastraClient(server.base_url, verify="/nowhere/ca.pem", cert="/nowhere/me.pem") as client:
        assert client.list_workflows() == {}


# -- what a client shows of itself


def test_a_client_certificate(asking: SecureServer, authority: Authority, make_client: Make, tmp_path: Path) -> None:
    """In two files, in one, and with a key that is encrypted."""
    cert, key = authority.client_files()
    both = tmp_path / "both.pem"
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    for shown in ((cert, key), [str(cert), str(key)], both):
        assert make_client(asking.base_url, verify=authority.file, cert=shown).list_workflows() == {}
    locked = (*authority.client_files(PASSWORD), PASSWORD)
    assert make_client(asking.base_url, verify=authority.file, cert=locked).list_workflows() == {}


def _joined(cert: Path, key: Path) -> Path:
    both = cert.with_name("both.pem")
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


WRONG_CERTIFICATES: dict[str, tuple[Callable[[Path, Path], Any], str]] = {
    "no password": (lambda cert, key: (cert, key), r"cert: the key in \S+client\.key is encrypted: give its password"),
    "in one file": (_joined, r"cert: the key in \S+both\.pem is encrypted: give its"),
    "wrong password": (lambda cert, key: (cert, key, "guess"), r"client\.key cannot be opened: is the password its"),
    "missing": (lambda cert, key: (cert, "no.key"), r"cert: \S+no\.key cannot be read: No such file or directory"),
    "missing too": (lambda cert, key: ("no.pem", key), r"cert: \S+no\.pem cannot be read: No such file"),
    "no key": (lambda cert, key: cert, r"cert: \S+client\.pem must have a certificate and its key in PEM"),
    "four": (lambda cert, key: (cert, key, "a", "b"), "cert: must be one file, or a pair"),
    "none": (lambda cert, key: (), "cert: must be one file, or a pair"),
    "a number": (lambda cert, key: 5, "cert: must be the path of a file, not int"),
    "a pair with one": (lambda cert, key: (cert, None), r"cert\[1\]: must be the path of a file, not NoneType"),
    "bytes": (lambda cert, key: (cert, key, b"x"), r"cert\[2\]: the key's password must be a string, not bytes"),
}


@pytest.mark.parametrize("case", WRONG_CERTIFICATES)
def test_a_certificate_that_cannot_be_shown(tmp_path: Path, case: str) -> None:
    """It is refused when the client is made; OpenSSL would ask the terminal for a password, and wait for ever."""
    given, said = WRONG_CERTIFICATES[case]
    with pytest.raises(InvalidArgument, match=said) as raised:
        MastraClient("https://localhost:1", cert=given(*Authority(tmp_path).client_files(PASSWORD)))
    assert PASSWORD not in str(raised.value)
    assert "guess" not in str(raised.value)


def test_a_key_of_another_certificate(tmp_path: Path) -> None:
    """The two files are named."""
    (cert, _), (_, key) = (Authority(tmp_path / name).client_files() for name in "ab")
    with pytest.raises(InvalidArgument, match=rf"^cert: the key in {key} is not that of the certificate in {cert}$"):
        MastraClient("https://localhost:1", cert=(cert, key))


@pytest.mark.parametrize(
    ("verify", "said"),
    [
        ("missing.pem", r"verify: \S+missing\.pem cannot be read: No such file or directory"),
        ("junk.pem", r"verify: \S+junk\.pem has no certificates in PEM"),
        ("", "verify: must be the path of a file, and is empty"),
        (5, "verify: must be True, False or the path of a file, not int"),
        (b"a.pem", "verify: must be True, False or the path of a file, not bytes"),
    ],
)
def test_authorities_that_are_none(verify: Any, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Refused when the client is made, by the name of what named them."""
    monkeypatch.chdir(tmp_path)
    Path("junk.pem").write_text("junk")
    with pytest.raises(InvalidArgument, match=f"^{said}"):
        MastraClient("https://localhost:1", verify=verify)
    if verify and isinstance(verify, str):
        monkeypatch.setenv("MASTRA_CA_FILE", verify)
        with pytest.raises(InvalidArgument, match=f"^{said.replace('verify', 'MASTRA_CA_FILE')}"):
            MastraClient("https://localhost:1")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "the session"])
@pytest.mark.parametrize("name", ["missing.pem", "junk.pem"])
def test_authorities_of_others_that_are_none(
    secure: SecureServer,
    make_client: Make,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    name: str,
) -> None:
    """What is for all programs, or a session's, is looked at with the first request, and named then."""
    (tmp_path / "junk.pem").write_text("junk")
    said = "cannot be read" if name == "missing.pem" else "has no certificates in PEM"
    with requests.Session() as session:
        if variable == "the session":
            session.verify = str(tmp_path / name)
        else:
            monkeypatch.setenv(variable, str(tmp_path / name))
        client = make_client(secure.base_url, session=session if variable == "the session" else None)
        source = "verify" if variable == "the session" else variable
        with pytest.raises(InvalidArgument, match=rf"^{source}: \S+{name} {said}"):
            client.list_workflows()


# -- what is said where TLS does not come about


def test_a_server_that_nobody_trusts(
    secure: SecureServer, stranger: Authority, make_client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is trusted now, and what to set; a start has not begun, and says so."""
    said = refusal_of(make_client(secure.base_url))
    assert "certificate verify failed" in str(said).splitlines()[0]
    assert said.advice == (
        "Trusted are the authorities that come with requests (certifi). MASTRA_CA_FILE or MastraClient(verify=...) "
        "names the file with the certificate of the server's authority."
    )
    assert str(said).splitlines()[1].strip() == said.advice
    said = refusal_of(make_client(secure.base_url, verify=stranger.file))
    assert said.advice.startswith(f"Trusted are the authorities in {stranger.file} (verify). ")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger.file))
    said = refusal_of(make_client(secure.base_url))
    assert said.advice.startswith(f"Trusted are the authorities in {stranger.file} (REQUESTS_CA_BUNDLE). ")
    with pytest.raises(APIConnectionError) as raised:
        make_client(secure.base_url).get_workflow("w").create_run()
    assert not isinstance(raised.value, OutcomeUnknown)
    assert raised.value.sent is False


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"names": ["other.example"]}, "The certificate is for other names: the address must have one of them."),
        ({"expired": True}, "The server's certificate has run out, and needs to be renewed there."),
    ],
)
def test_a_certificate_that_does_not_do(
    authority: Authority, make_client: Make, options: dict[str, Any], advice: str
) -> None:
    """Of another name, or of another time: no authority would help."""
    names = options.pop("names", [])
    with serving(authority.server_context(*names, **options)) as server:
        assert refusal_of(make_client(server.base_url, verify=authority.file)).advice == advice


def test_a_server_that_asks_for_a_certificate(
    asking: SecureServer, authority: Authority, stranger: Authority, make_client: Make
) -> None:
    """None was shown, or one that it does not accept."""
    said = refusal_of(make_client(asking.base_url, verify=authority.file))
    assert said.advice == (
        "No client certificate was shown: MASTRA_CLIENT_CERT or MastraClient(cert=(certificate, key)) gives one."
    )
    cert, key = stranger.client_files()
    said = refusal_of(make_client(asking.base_url, verify=authority.file, cert=(cert, key)))
    assert said.advice == f"The client certificate is {cert}; the server refuses the connection."


def test_a_server_that_speaks_no_tls(make_client: Make) -> None:
    """https:// where http:// is meant."""
    with DrippingServer(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        said = refusal_of(make_client(f"https://127.0.0.1:{server.port}"))
    assert said.advice == f"What answers at 127.0.0.1:{server.port} speaks no TLS: is its address http://?"


# -- addresses of the sixth version


def _has_sixth_version() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not _has_sixth_version(), reason="this machine has no IPv6")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_addresses_of_the_sixth_version(
    authority: Authority, make_client: Make, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Such a server is reached, with TLS too, whose certificate has the address; no proxy is asked."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    real = socket.create_server
    monkeypatch.setattr(socket, "create_server", lambda address: real(("::1", 0), family=socket.AF_INET6))
    made = WireServer() if scheme == "http" else SecureServer(authority.server_context())
    monkeypatch.setattr(socket, "create_server", real)
    with made as server:
        server.on("GET", "/workflows", json_reply({}))
        client = make_client(f"{scheme}://[::1]:{server.port}", verify=authority.file)
        assert client.list_workflows() == {}
        assert client.base_url == f"{scheme}://[::1]:{server.port}/api"
        assert server.received[0].headers["host"] == f"[::1]:{server.port}"


def test_an_address_of_one_network(server: WireServer, make_client: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its network is written as URLs have it, and looked up as systems have it."""
    server.on("GET", "/workflows", json_reply({}))
    looked_up = []
    known = socket.getaddrinfo

    def look_up(name: str, *more: Any) -> Any:
        looked_up.append(name)
        return known("127.0.0.1", *more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert make_client(f"http://[fe80::1%25eth0]:{server.port}").list_workflows() == {}
    assert looked_up[0] == "fe80::1%eth0"


# -- the page


def test_the_examples_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients of the page's section on TLS can be made, with such files."""
    page = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
    code = page.partition("### TLS\n")[2].partition("```python\n")[2].partition("```")[0]
    authority = Authority(tmp_path)
    authority.file.rename(tmp_path / "company-ca.pem")
    for file, name in zip(authority.client_files(PASSWORD), ("me.pem", "me.key"), strict=True):
        file.rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY_PASSWORD", PASSWORD)
    exec(code, {})
    monkeypatch.setenv("KEY_PASSWORD", "guess")
    with pytest.raises(InvalidArgument, match="is the password its own"):
        exec(code, {})

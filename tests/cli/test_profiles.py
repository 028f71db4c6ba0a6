"""`--profile NAME`: servers named in pyproject.toml."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mastra_sync.cli.exits import Exit
from tests.cli.processes import Ended
from tests.cli.stub_server import StubServer

Command = Callable[..., Ended]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pyproject.toml above the current one."""
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.mastra-sync.profiles.stage]\n{text}\n", encoding="utf-8")


def test_a_profile_names_a_server(
    folder: Path, stub: StubServer, mastra_sync_process: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Address, prefix, token and headers are the profile's, found above; suggested lines name it."""
    write(
        folder,
        f'url = "{stub.url}"\ntoken-env = "STAGE_TOKEN"\nheaders-env = {{ X-Key = "STAGE_KEY" }}\napi-prefix = "/api"',
    )
    monkeypatch.setenv("MASTRA_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("STAGE_TOKEN", "s3cret-token")
    monkeypatch.setenv("STAGE_KEY", "s3cret-key")
    ended = mastra_sync_process("workflows", "--profile", "stage")
    assert (ended.status, "scripted" in ended.out) == (0, True)
    sent = stub.received[-1].headers
    assert (sent["Authorization"], sent["X-Key"]) == ("Bearer s3cret-token", "s3cret-key")
    missing = mastra_sync_process("result", "scripted", "none", "--profile", "stage")
    assert missing.err.splitlines()[0].endswith("list its runs with: mastra-sync runs scripted --profile stage")
    assert "s3cret" not in missing.err + missing.out


def test_what_is_given_wins(
    folder: Path, stub: StubServer, mastra_sync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options count before the profile."""
    write(folder, 'url = "http://127.0.0.1:9"\napi-prefix = "/other"\nheaders-env = { X-Key = "STAGE_KEY" }')
    monkeypatch.setenv("STAGE_KEY", "of the profile")
    given = ["--url", stub.url, "--api-prefix", "/api", "--header", "X-Key=given"]
    assert mastra_sync("workflows", "--profile", "stage", *given).status == 0
    assert stub.received[-1].headers["X-Key"] == "given"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'ulr = "http://h"',
            "unknown key 'ulr' (allowed: url, api-prefix, ca-file, client-cert, client-key, client-key-password-env, "
            "token-env, headers-env); did you mean 'url'?",
        ),
        ('token = "x"', "'token' may be secret, and this is a file that is shared; token-env names the variable"),
        ('headers = { X = "y" }', "'headers' may be secret"),
        ('url = "http://me:pw@h"', "'url' has a password"),
        ("url = 3", "'url' must be a text"),
        ('headers-env = "X"', "'headers-env' must be a table"),
        ("headers-env = { X = 3 }", "the header 'X' must have the name of a variable"),
        ('token-env = "NOT_SET"', "profile 'stage' takes its token from NOT_SET, which is not set"),
        ('headers-env = { X = "NOT_SET" }', "takes the header X from NOT_SET, which is not set"),
        ("url = ", "cannot read"),
        (
            '[tool.mastra-sync.profile.x]\nurl = ""',
            "unknown key 'profile' (allowed: profiles); did you mean 'profiles'?",
        ),
    ],
)
def test_a_wrong_profile(folder: Path, mastra_sync: Command, text: str, said: str) -> None:
    """What cannot take effect, or would be a secret in a file, is an error that names the file."""
    write(folder, text)
    ended = mastra_sync("workflows", "--profile", "stage")
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert said in ended.err
    assert "pw@" not in ended.err


def test_a_profile_that_is_not_there(folder: Path, mastra_sync: Command) -> None:
    """The nearest name is offered, and all there are; without a file it is said where one was looked for."""
    assert "has a table [tool.mastra-sync.profiles.stag]" in mastra_sync("workflows", "--profile", "stag").err
    write(folder, 'url = "http://h"')
    ended = mastra_sync("workflows", "--profile", "stag")
    assert ended.status == Exit.USAGE
    assert "has no profile 'stag' (it has: stage); did you mean 'stage'?" in ended.err

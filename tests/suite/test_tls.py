"""`--mastra-target=live` where the live server speaks TLS: whoever asks it trusts what the suite says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mastra import FakeMastra, OnSocket, RealClock
from tests.faults.authority import Authority, SecureFront
from tests.suites_in_folders import RunSuite

SUITE = """
    import os

    from mastra_sync import MastraClient

    def test_the_fixture(mastra_server, mastra_client, mastra_target):
        mastra_server.workflow("report").returns(1)
        assert mastra_client.get_workflow("report").execute({}).result == 1
        assert [one.call.verb for one in mastra_target.log][0] == "create_run"

    def test_code_under_test(mastra_target):
        with MastraClient() as client:
            assert client.get_workflow("report").execute({}).ok
        assert len(mastra_target.log) > 0

    def test_without(monkeypatch):
        assert "MASTRA_CA_FILE" not in os.environ
"""


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.delenv("MASTRA_CA_FILE", raising=False)
    return Authority(tmp_path / "authority")


@pytest.fixture
def secure(authority: Authority) -> Iterator[str]:
    """The address of a server behind TLS."""
    server = FakeMastra(clock=RealClock())
    server.workflow("report").returns(1)
    with OnSocket(server) as front, SecureFront(int(front.url.rpartition(":")[2]), authority.server_context()) as tls:
        yield tls.base_url


def test_a_live_server_behind_tls(run_suite: RunSuite, authority: Authority, secure: str) -> None:
    """The option reaches the fixtures' clients, those of the code under test, and the plugin's own questions."""
    run_suite(
        SUITE, "--mastra-target=live", f"--mastra-url={secure}", f"--mastra-ca-file={authority.file}"
    ).assert_outcomes(passed=3)
    result = run_suite(SUITE, "--mastra-verify", f"--mastra-url={secure}", f"--mastra-ca-file={authority.file}")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.no_fnmatch_line("*certificate*")


def test_the_ini_file_and_the_environment(
    run_suite: RunSuite, authority: Authority, secure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path of the ini file begins at the root directory; a `mastra_config` of one's own may say it too."""
    live = ("--mastra-target=live", f"--mastra-url={secure}")
    (Path.cwd() / "ca.pem").write_bytes(authority.file.read_bytes())
    run_suite(SUITE, *live, "-o", "mastra_ca_file=ca.pem").assert_outcomes(passed=3)
    own = f"""
        import dataclasses
        import pytest

        @pytest.fixture
        def mastra_config(mastra_config):
            return dataclasses.replace(mastra_config, verify={str(authority.file)!r})
    """
    run_suite(SUITE, *live, conftest=own).assert_outcomes(passed=3)
    (Path.cwd() / "conftest.py").unlink()
    monkeypatch.setenv("MASTRA_CA_FILE", str(authority.file))
    run_suite(SUITE, *live, "-k", "not without").assert_outcomes(passed=2, deselected=1)
    monkeypatch.delenv("MASTRA_CA_FILE")
    result = run_suite(SUITE, *live)
    result.stderr.fnmatch_lines(["*certificate verify failed*", "*MASTRA_CA_FILE*"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mastra-ca-file=no.pem"], r"--mastra-ca-file: */no.pem cannot be read: No such file or directory"),
        (["-o", "mastra_ca_file=no.pem"], r"ini key mastra_ca_file: */no.pem cannot be read: No such file*"),
    ],
)
def test_a_file_that_is_none(run_suite: RunSuite, options: list[str], said: str) -> None:
    """It ends the run before the first test, and says where it was named."""
    result = run_suite(SUITE, *options)
    result.stderr.fnmatch_lines([f"*{said}"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR

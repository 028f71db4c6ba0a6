"""Options, ini keys and the environment: which of them counts, what pytest's header says, and what is refused."""

from __future__ import annotations

import pytest

from pytest_mastra import plugin
from tests.suites_in_folders import RunSuite

NOTHING = "def test_it(): pass"

SEE = "  See https://mastra-sync.readthedocs.io/errors/#usage-errors"
"""How each usage error ends."""

CHOICES = {
    "target": "fake, live, replay",
    "generation": "current, 1.2, 1.0-beta",
    "zod": "4.6, 4.3",
    "record": "none, once, new_episodes, rewrite, verify",
    "trace": "off, on, retain-on-failure",
    "sweep": "off, quick, full",
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_wrong_choice_is_a_usage_error(run_suite: RunSuite, name: str) -> None:
    """No test runs; the error names the place, and what there is."""
    result = run_suite(NOTHING, f"--mastra-{name}=xyz")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines == [f"ERROR: --mastra-{name}: 'xyz' is not one of {CHOICES[name]}", SEE, ""]
    result = run_suite(NOTHING, "-o", f"mastra_{name}=xyz")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines == [f"ERROR: ini key mastra_{name}: 'xyz' is not one of {CHOICES[name]}", SEE, ""]


def test_a_near_miss_is_told(run_suite: RunSuite) -> None:
    """The nearest choice is named."""
    result = run_suite(NOTHING, "--mastra-trace=retain-on-fail")
    assert result.errlines[0] == (
        "ERROR: --mastra-trace: 'retain-on-fail' is not one of off, on, retain-on-failure; "
        "did you mean 'retain-on-failure'?"
    )


@pytest.mark.parametrize(
    "address", ["localhost:4111", "ftp://host", "http://", "http://host:99999", "http://host/?key=sk-1", "http://h:0"]
)
def test_a_wrong_address_is_a_usage_error(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """On the command line, in the ini file, in the environment; what was given may hold a password and is not shown."""
    wanted = "is not an address like 'http://localhost:4111': http or https, no query"
    result = run_suite(NOTHING, f"--mastra-url={address}")
    assert (result.ret, result.errlines[0]) == (pytest.ExitCode.USAGE_ERROR, f"ERROR: --mastra-url {wanted}")
    result = run_suite(NOTHING, "-o", f"mastra_url={address}")
    assert result.errlines[0] == f"ERROR: ini key mastra_url {wanted}"
    monkeypatch.setenv("MASTRA_BASE_URL", address)
    result = run_suite(NOTHING, "--mastra-target=live")
    assert result.errlines[0] == f"ERROR: MASTRA_BASE_URL {wanted}"


def test_a_wrong_variable_is_no_matter_without_a_live_server(
    run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment says does not keep a suite from running on fakes."""
    monkeypatch.setenv("MASTRA_BASE_URL", "nonsense")
    run_suite("def test_it(mastra_server): pass").assert_outcomes(passed=1)


def header_of(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("mastra:")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), []),
        (("-v",), ["mastra: target fake (default), record once (default)"]),
        (("-o", "mastra_target=replay"), ["mastra: target replay (ini file), record once (default)"]),
        (
            ("-o", "mastra_target=replay", "--mastra-target=fake", "--mastra-record=none"),
            ["mastra: target fake (command line), record none (command line)"],
        ),
        (
            ("--mastra-target=live", "--mastra-url=http://me:pw@host:1/base", "-o", "mastra_record=rewrite"),
            ["mastra: target live (command line), url http://host:1/base (command line), record rewrite (ini file)"],
        ),
        (("--mastra-trace=on",), ["mastra: target fake (default), record once (default), trace on (command line)"]),
    ],
)
def test_the_header_says_what_counts(run_suite: RunSuite, arguments: tuple[str, ...], said: list[str]) -> None:
    """One line, if anything was asked for or with -v: what counts, where it comes from, and no user or password."""
    assert header_of(run_suite(NOTHING, *arguments)) == said


def test_the_header_names_the_variables(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """On CI nothing is recorded unless it is asked for; the address may come from the environment."""
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("MASTRA_BASE_URL", "http://host:1")
    assert header_of(run_suite(NOTHING, "-v")) == ["mastra: target fake (default), record none (CI)"]
    result = run_suite(NOTHING, "--mastra-target=live")
    assert header_of(result) == ["mastra: target live (command line), url http://host:1 (MASTRA_BASE_URL)"]


def test_the_config_has_what_counts(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address: command line, then ini file, then environment."""
    code = "def test_it(mastra_config): print('url', mastra_config.url, mastra_config.generation)"
    assert "url None current" in run_suite(code, "-s").stdout.str()
    monkeypatch.setenv("MASTRA_BASE_URL", "http://variable:1/")
    assert "url http://variable:1 current" in run_suite(code, "-s").stdout.str()
    ini = ("-o", "mastra_url=http://ini:1", "-o", "mastra_generation=1.2")
    assert "url http://ini:1 1.2" in run_suite(code, "-s", *ini).stdout.str()
    option = ("--mastra-url=http://option:1", "--mastra-generation=1.0-beta")
    assert "url http://option:1 1.0-beta" in run_suite(code, "-s", *ini, *option).stdout.str()


def test_help_shows_all(run_suite: RunSuite) -> None:
    """Each option stands in its own group, each ini key below, with its default."""
    text = " ".join(run_suite("", "--help").stdout.str().split())
    assert " Mastra: --mastra-target=fake|live|replay what tests run against (default: fake)" in text
    for name, *_ in (*plugin.OPTIONS, *plugin.SWITCHES):
        assert f"--mastra-{name.replace('_', '-')}" in text
        assert f" mastra_{name} " in text
    for name, *_ in plugin.INI_KEYS:
        assert f" {name} " in text


def test_all_names_begin_alike(run_suite: RunSuite) -> None:
    """Options, ini keys, markers and fixtures are the plugin's own by their names."""
    assert all(name.startswith("mastra_") for name, *_ in plugin.INI_KEYS)
    assert all(marker.startswith("mastra") for marker in plugin.MARKERS)
    fixtures = run_suite("", "--fixtures", "-v").stdout.str()
    ours = fixtures.partition("fixtures defined from pytest_mastra.plugin")[2].partition("fixtures defined")[0]
    names = [line.split()[0] for line in ours.splitlines() if " -- " in line]
    assert names == [
        "mastra_config",
        "mastra_target",
        "mastra_server",
        "mastra_server_factory",
        "mastra_socket_server",
        "mastra_client",
        "mastra_cassette",
        "mastra_snapshot",
        "mastra_replay_run",
    ]

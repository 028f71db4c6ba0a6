"""Settings, and which counts where several say something.

One rule everywhere: command line, then marker, then ini file, then environment, then default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from mastra_sync.documentation import see_error
from mastra_sync.suggest import did_you_mean, nearest_name

if TYPE_CHECKING:
    from datetime import timedelta

    from mastra_sync.tls import Cert, Verify

CHOICES: dict[str, tuple[str, ...]] = {
    "target": ("fake", "live", "replay"),
    "generation": ("current", "1.2", "1.0-beta"),
    "zod": ("4.6", "4.3"),
    "record": ("none", "once", "new_episodes", "rewrite", "verify"),
    "trace": ("off", "on", "retain-on-failure"),
    "sweep": ("off", "quick", "full"),
}
"""What the options may be that are a choice."""

DEFAULTS = {"target": "fake", "generation": "current", "zod": "", "trace": "off", "sweep": "full"}

_EXAMPLES = {"html": "report.html", "summary": "summary.md", "coverage": "term-missing", "ca_file": "ca.pem"}
"""Options that need a value and are no choice, each with one."""

URL_VARIABLE = "MASTRA_BASE_URL"
TOKEN_VARIABLE = "MASTRA_API_TOKEN"  # noqa: S105 -- the name of a variable

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""Where GitHub says which file is shown on the page of a job's step."""

EXPLICIT_ORIGINS = ("command line", "ini file")
"""Where a setting comes from that somebody made for the whole suite."""

HOW_TO_GIVE_URL = f"--mastra-url=URL, the ini key mastra_url, {URL_VARIABLE}, or a fixture mastra_config of your own"

FAKE_URL = "http://mastra.test"
"""Where fakes and cassettes answer in this process: a name that no network knows."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it comes from.

    Attributes:
        value: The value.
        origin: `command line`, `marker`, `ini file`, a variable's name, `CI` or `default`.
    """

    value: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MastraConfig:
    """How clients of a test reach the server.

    The fixture `mastra_config` gives it; a conftest may replace that.

    Attributes:
        url: Where the live server is, with any path before the API prefix; not used on the fake and on replay.
        headers: Sent with every request of `mastra_client`, on every target.
        token: Sent as a bearer token; by default `MASTRA_API_TOKEN` from the environment.
        timeout: Seconds for one attempt, or a pair: to connect, and between two pieces of a reply.
        verify: Whom to trust over TLS, as for `MastraClient`: the file of an authority's certificate, True or False.
        cert: A client certificate, as for `MastraClient`.
        api_prefix: The API prefix of the server, and of the fakes.
        generation: What the fakes behave like, and what the live server is if it is said: `current`, `1.2`, `1.0-beta`.
        zod: Whose words the fakes have for what does not fit: `4.6` or `4.3`; by default those of the generation.
    """

    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    timeout: float | timedelta | tuple[float, float] = (5.0, 60.0)
    verify: Verify = None
    cert: Cert = None
    api_prefix: str = "/api"
    generation: str = "current"
    zod: str | None = None

    def __repr__(self) -> str:
        # headers and token are secrets; an address may hold a password
        where = None if self.url is None else public_address(self.url)
        return f"<MastraConfig {where} {self.api_prefix} {self.generation}>"


def config_of(config: pytest.Config) -> MastraConfig:
    """Return what the options, the ini file and the environment say."""
    # what the environment says is no matter to a suite that never asks the server
    found = url_setting(config, checks_variable=False)
    return MastraConfig(
        url=None if found is None else found.value,
        verify=ca_file(config),
        generation=setting(config, "generation").value,
        zod=setting(config, "zod").value or None,
    )


def setting(config: pytest.Config, name: str, marker: str | None = None) -> Setting:
    """Return what counts of an option that is a choice.

    Args:
        config: pytest's.
        name: The option's, without `--mastra-`.
        marker: What a marker of the test says, if it does.

    Raises:
        UsageError: Not one of the choices; says where it stands, and what may be meant.
    """
    option = config.getoption(f"mastra_{name}")
    ini = config.getini(f"mastra_{name}")
    if option is not None:
        return Setting(_check_choice(f"--mastra-{name}", name, option), "command line")
    if marker is not None:
        return Setting(_check_choice(f"mastra_cassette({name}=...)", name, marker), "marker")
    if ini:
        return Setting(_check_choice(f"ini key mastra_{name}", name, ini), "ini file")
    if name == "record":
        return Setting("none", "CI") if os.environ.get("CI") else Setting("once", "default")
    return Setting(DEFAULTS[name], "default")


def is_on(config: pytest.Config, name: str) -> bool:
    """Return whether a switch was given, on the command line or in the ini file."""
    option = config.getoption(f"mastra_{name}")
    return bool(config.getini(f"mastra_{name}") if option is None else option)


def summary_setting(config: pytest.Config) -> Setting | None:
    """Return where the summary of a CI job belongs; None if nobody says."""
    for origin, given in (
        ("command line", config.getoption("mastra_summary")),
        ("ini file", config.getini("mastra_summary")),
        (SUMMARY_VARIABLE, os.environ.get(SUMMARY_VARIABLE)),
    ):
        if given:
            return Setting(str(given), origin)
    return None


def wants_coverage(config: pytest.Config) -> bool:
    """Return whether it is to be told what a suite tries of its workflows."""
    names = ("mastra_coverage", "mastra_coverage_fail_under")
    return any(config.getoption(name) is not None or config.getini(name) for name in names)


def page_path(config: pytest.Config) -> str | None:
    """Return where the page belongs that shows what runs did; None if it is not wanted."""
    given = config.getoption("mastra_html") or config.getini("mastra_html")
    return str(given) if given else None


def url_setting(config: pytest.Config, *, checks_variable: bool = True) -> Setting | None:
    """Return where the live server is; None if nobody says.

    Raises:
        UsageError: Not an address.
    """
    option = config.getoption("mastra_url")
    if option is not None:
        return Setting(_check_url("--mastra-url", option), "command line")
    ini = config.getini("mastra_url")
    if ini:
        return Setting(_check_url("ini key mastra_url", ini), "ini file")
    variable = os.environ.get(URL_VARIABLE)
    if variable:
        return Setting(_check_url(URL_VARIABLE, variable) if checks_variable else _plain(variable), URL_VARIABLE)
    return None


def ca_file(config: pytest.Config) -> str | None:
    """Return the file of the authorities to trust; None if nobody names one here.

    The command line's is below the folder where pytest was called, the ini file's below the root directory.

    Raises:
        UsageError: It cannot be read, or has no certificates.
    """
    option, ini = config.getoption("mastra_ca_file"), config.getini("mastra_ca_file")
    source, base, name = "--mastra-ca-file", config.invocation_params.dir, option
    if option is None:
        source, base, name = "ini key mastra_ca_file", config.rootpath, ini
    if not name and option is None:
        return None
    path = str(base / Path(name).expanduser())
    from mastra_sync.tls import problem_of_authorities  # noqa: PLC0415 -- few suites name one

    problem = problem_of_authorities(path)
    if problem:
        raise usage_error(f"{source}: {problem}")
    return path


def folder(config: pytest.Config, name: str) -> Path:
    """Return a folder that an ini key names: `cassette_dir`, `trace_dir`."""
    return config.rootpath / str(config.getini(f"mastra_{name}"))


def check(config: pytest.Config) -> None:
    """Refuse what cannot be meant, before any test runs.

    Raises:
        UsageError: Says what is wrong, where it stands, and what is allowed.
    """
    for name in CHOICES:
        setting(config, name)
    for name, example in _EXAMPLES.items():
        # as one is out of a variable that is not set
        if config.getoption(f"mastra_{name}") == "":
            option = f"--mastra-{name.replace('_', '-')}"
            raise usage_error(f"{option} is given nothing; an example: {option}={example}")
    ca_file(config)
    url_setting(config, checks_variable=needs_url(config))


def needs_url(config: pytest.Config) -> bool:
    """Return whether a live server was asked for."""
    return setting(config, "target").value == "live" or is_on(config, "verify")


def header_line(config: pytest.Config) -> str:
    """Return the line at the head of pytest's report."""
    target = setting(config, "target")
    record = setting(config, "record")
    parts = [f"target {target.value} ({target.origin})"]
    found = url_setting(config, checks_variable=False)
    if found is not None and (needs_url(config) or found.origin != URL_VARIABLE):
        parts.append(f"url {public_address(found.value)} ({found.origin})")
    if target.value != "live" or record.origin in EXPLICIT_ORIGINS:
        # a live server is recorded only if that was asked for
        parts.append(f"record {record.value} ({record.origin})")
    trace = setting(config, "trace")
    if trace.value != "off":
        parts.append(f"trace {trace.value} ({trace.origin})")
    return f"mastra: {', '.join(parts)}"


def public_address(address: str) -> str:
    """Return an address without user, password, query and fragment."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def suggest(given: object, allowed: tuple[str, ...]) -> str:
    """Return `did you mean 'x'? `, or nothing if nothing comes near."""
    return did_you_mean(nearest_name(given, allowed), before="", after=" ")


def usage_error(words: str, slug: str = "usage-errors") -> pytest.UsageError:
    """Return what ends the run before any test, with the address of its explanation."""
    return pytest.UsageError(f"{words}\n  {see_error(slug)}")


def _check_choice(source: str, name: str, value: Any) -> str:
    allowed = CHOICES[name]
    if value in allowed:
        return str(value)
    hint = suggest(str(value), allowed).rstrip()
    raise usage_error(f"{source}: {value!r} is not one of {', '.join(allowed)}{hint and f'; {hint}'}")


def _check_url(source: str, value: str) -> str:
    try:
        parts = urlsplit(value.strip())
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.query or parts.fragment:
        # what it is instead may hold a password
        raise usage_error(f"{source} is not an address like 'http://localhost:4111': http or https, no query")
    return _plain(value)


def _plain(value: str) -> str:
    return value.strip().rstrip("/")

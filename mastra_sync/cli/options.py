"""Options that several commands have, and what they say."""

# PLC0415: see `commands.py`
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.inputs import read_json, refuse_undecoded
from mastra_sync.cli.profiles import read_profile
from mastra_sync.cli.server import DEFAULT_PREFIX, Server
from mastra_sync.suggest import did_you_mean, nearest_name

if TYPE_CHECKING:
    from mastra_sync.cli.following import WatchOptions

DEFAULT_TIMEOUT = 3600.0

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Header(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.4
    """`NAME=VALUE`; the value may be secret and is in no message."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not equals or not name.strip():
            self.fail("a header is given as NAME=VALUE", param, ctx)
        return name.strip(), text


class Text(click.ParamType):  # type: ignore[type-arg]  # as above
    """Text that is sent: in UTF-8, as everything that is."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Return the text, unless its bytes are not UTF-8."""
        text = str(value)
        refuse_undecoded(text, param.opts[0] if param is not None else text)
        return text


class OneOf(click.Choice):  # type: ignore[type-arg]  # as above
    """One of a few words; another that comes near to one is asked about."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = nearest_name(str(value), map(str, self.choices))
            self.fail(f"{error.message.rstrip('.')}{did_you_mean(near)}", param, ctx)


def _combine(*decorators: Callable[[_Function], _Function]) -> Callable[[_Function], _Function]:
    def decorate(function: _Function) -> _Function:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


server_options = _combine(
    click.option("--url", metavar="URL", help="The server. Default: MASTRA_BASE_URL, then http://localhost:4111."),
    click.option(
        "--profile",
        metavar="NAME",
        help="What is not given here is as [tool.mastra-sync.profiles.NAME] of pyproject.toml says.",
    ),
    click.option("--api-prefix", type=Text(), help=f"Where its API begins. Default: {DEFAULT_PREFIX}."),
    click.option(
        "--header",
        "headers",
        multiple=True,
        type=_Header(),
        help="Sent with every request; may be repeated. For a bearer token set MASTRA_API_TOKEN instead: command lines "
        "can be read by other users of the machine.",
    ),
    click.option(
        "--ca-file",
        metavar="FILE",
        help="Whom to trust over TLS: the certificate of the server's authority, in PEM. Default: MASTRA_CA_FILE.",
    ),
    click.option(
        "--client-cert",
        metavar="FILE",
        help="The certificate that the server is shown, in PEM. Default: MASTRA_CLIENT_CERT.",
    ),
    click.option(
        "--client-key",
        metavar="FILE",
        help="Its key, if that is in a file of its own. Default: MASTRA_CLIENT_KEY. If the key is encrypted, "
        "MASTRA_CLIENT_KEY_PASSWORD has its password.",
    ),
)

input_arguments = _combine(
    click.argument("pairs", nargs=-1, metavar="[KEY=VALUE]..."),
    click.option("--input", "source", metavar="JSON|@FILE|-", help="The whole of it as JSON, from a file or stdin."),
)

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_TIMEOUT,
    show_default="3600",
    metavar="SECONDS",
    help="How long to wait for the run, which goes on; inf for ever.",
)

watching_options = _combine(
    timeout_option,
    click.option("--quiet", "-q", is_flag=True, help="Show no steps on stderr."),
    click.option(
        "--json-events",
        is_flag=True,
        help="Instead of steps and result print JSON lines on stdout: each event as the server sends it, as it comes, "
        "and last the run, as one of Mastra's result records.",
    ),
    click.option(
        "--output",
        type=OneOf(["result", "full"]),
        default="result",
        show_default=True,
        help="Print the result of a run that succeeded, or all that is known of a run, however it ended.",
    ),
)

answer_as_json = click.option("--json", "as_json", is_flag=True, help="Print what the server answers as JSON.")

request_context_option = click.option(
    "--request-context", metavar="JSON|@FILE", help="Values for the steps, a JSON object."
)

move_options = _combine(
    request_context_option,
    click.option("--per-step", is_flag=True, help="Stop after one step (exit status 3)."),
)


# -- what the options say


def server_of(options: dict[str, Any]) -> Server:
    """Return the server that a command is about.

    Raises:
        Stop: There is no such profile, or it is wrong.
    """
    profile = None if options["profile"] is None else read_profile(options["profile"])
    given = {name: options[name] for name in ("url", "api_prefix", "headers", "ca_file", "client_cert", "client_key")}
    return Server(**given, profile=profile)


def watch_options_of(options: dict[str, Any]) -> WatchOptions:
    """Return how a run is watched.

    Raises:
        Stop: Two options want stdout.
    """
    from mastra_sync.cli.following import WatchOptions

    if options["json_events"] and options["output"] == "full":
        raise Stop(Exit.USAGE, "give either --json-events or --output full, not both")
    return WatchOptions(
        timeout=options["timeout"],
        quiet=options["quiet"],
        json_events=options["json_events"],
        output=options["output"],
    )


def move_options_of(options: dict[str, Any]) -> dict[str, Any]:
    """Return what every verb takes that moves a run on.

    Raises:
        Stop: `--request-context` is no JSON object.
    """
    given = request_context_of(options)
    return {**given, "per_step": True} if options["per_step"] else given


def request_context_of(options: dict[str, Any]) -> dict[str, Any]:
    """Return the values for the steps as an argument; nothing if none were given.

    Raises:
        Stop: `--request-context` is no JSON object.
    """
    given = json_option("request_context", options["request_context"])
    if given and not isinstance(given["request_context"], dict):
        raise Stop(Exit.USAGE, "--request-context: must be a JSON object")
    return given


def json_option(name: str, source: str | None) -> dict[str, Any]:
    """Return an option of JSON as an argument of that name, nothing without it.

    Raises:
        Stop: It is not JSON.
    """
    return {} if source is None else {name: read_json(source, f"--{name.replace('_', '-')}")}

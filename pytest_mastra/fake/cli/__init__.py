"""`mastra-sync serve` and `mastra-sync demo`.

`mastra-sync` finds them by entry points, and so need not know of this package. What they do is imported when they run,
so that `mastra-sync --help` need not wait for a fake server.
"""

# click takes \b for a paragraph that is not to be wrapped
# ruff: noqa: D301, PLC0415

from __future__ import annotations

import click

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.extras import describe_missing, missing_libraries


@click.command()
@click.argument("where", metavar="MODULE:SERVER")
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this machine for itself.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4111,
    show_default=True,
    help="0 takes a free one; the address is printed on stdout.",
)
@click.option(
    "--keep",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Finished runs and requests that it keeps; it forgets the oldest beyond.",
)
def serve(where: str, host: str, port: int, keep: int) -> int:
    """Serve a fake Mastra server until Ctrl-C.

    MODULE is a Python module or file, SERVER the name of the FakeMastra in
    it. What sleeps takes as long as it says, unless the server was made
    with a clock of its own.

    \b
    Examples:
      mastra-sync serve shop.fakes:server
      mastra-sync serve tests/fakes.py:server --port 0
    """
    check_extra()
    from pytest_mastra.fake.cli.host_server import host_until_interrupted

    return host_until_interrupted(where, host, port, keep)


@click.command()
@click.option("--ask", is_flag=True, help="You answer what the workflow asks, instead of the demo.")
def demo(*, ask: bool) -> int:
    """Watch a workflow run, ask, and go on.

    It runs on a fake Mastra server within this command: there is no Node
    and no network, and hours that the workflow sleeps pass in a moment.

    \b
    Examples:
      mastra-sync demo
      mastra-sync demo --ask
    """
    check_extra()
    from pytest_mastra.fake.cli.play_demo import play

    return play(ask=ask)


def check_extra() -> None:
    """Refuse to go on without what a fake server needs.

    Raises:
        Stop: Says what is missing, and how it is installed.
    """
    missing = missing_libraries("cli", "pytest")
    if missing:
        raise Stop(Exit.USAGE, describe_missing("this command needs", missing, "cli", "pytest"))

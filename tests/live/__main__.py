"""`python -m tests.live [--generation current] -- COMMAND ...`: a Mastra server for a command or a person."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from tests.live.install import GENERATIONS, OTHER_HOSTS, ServerUnavailable
from tests.live.newest import drift
from tests.live.postgres import Postgres
from tests.live.server import LiveServer, ServerFailed


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.live",
        description="Start a Mastra server on loopback; run COMMAND with MASTRA_BASE_URL set, or serve until Ctrl-C.",
    )
    parser.add_argument("--generation", choices=GENERATIONS, default="current")
    parser.add_argument("--host", choices=OTHER_HOSTS, help="a current server on another host than hono")
    parser.add_argument(
        "--newest",
        action="store_true",
        help="install the newest releases, and run the client's tests and the scenarios on them: what fails has "
        "drifted; after -- arguments for pytest, instead of the folders of both",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free port")
    parser.add_argument("--auth-token", help="the only token that is let in")
    parser.add_argument("--api-prefix", help="instead of /api (not on 1.0-beta)")
    parser.add_argument("--body-limit", type=int, help="bytes that a request body may take")
    parser.add_argument("--database", type=Path, help="a file that keeps the runs beyond this process")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="what to run, after --")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Serve as the arguments say and return the exit status."""
    options = vars(_parse(arguments))
    command = options.pop("command")
    try:
        if options.pop("newest"):
            return drift(command)
        generation, host = options.pop("generation"), options.pop("host")
        with ExitStack() as running:
            if host and OTHER_HOSTS[host].in_postgres:
                options["database"] = running.enter_context(Postgres()).new_schema()
            server = running.enter_context(LiveServer(host or generation, **options))
            if command:
                return subprocess.call(command, env={**os.environ, "MASTRA_BASE_URL": server.base_url})
            print(server.base_url, flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        return 130
    except (ServerUnavailable, ServerFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.live.random_requests --generation current --stories 2000 --seed N`: as many as you like."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack

from tests.live.install import GENERATIONS
from tests.live.random_requests.tell_requests import BothServers
from tests.live.server import LiveServer


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.live.random_requests",
        description="Send random requests about declared workflows to a real server and to the fake. "
        "What is answered otherwise is printed; a scenario of tests/conformance/scenarios_requests.py keeps it.",
    )
    parser.add_argument("--generation", choices=GENERATIONS, default="current")
    parser.add_argument("--stories", type=int, default=300, help="how many, of some requests each")
    parser.add_argument("--seed", default="0", help="anything; the same seed asks the same")
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Send them, print what differs, and return 1 if anything does."""
    options = _parse(arguments)
    began, found = time.monotonic(), 0
    with ExitStack() as servers:
        both = BothServers(lambda: servers.enter_context(LiveServer(options.generation)))
        numbers = range(options.first, options.first + options.stories)
        for other in both.other_answers(f"{options.seed}-{number}" for number in numbers):
            found += 1
            print(other.report(), flush=True)
    print(
        f"{options.stories} stories on {options.generation} in {time.monotonic() - began:.0f} s: "
        f"{found} differ; {both.deaths} servers died"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

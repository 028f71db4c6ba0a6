"""`python -m tests.live.random_graphs --generation current --graphs 10000 --seed N`: as many as you like."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from contextlib import ExitStack

from pytest_mastra.fake.workflows.engines import ENGINES
from tests.live.install import GENERATIONS
from tests.live.random_graphs.compare import differences, shrunk
from tests.live.random_graphs.known import known_as
from tests.live.random_graphs.tellings import RealTeller
from tests.live.server import LiveServer


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.live.random_graphs",
        description="Tell random stories about random workflows to a real server and to the fake. "
        "What differs is shrunk and printed as a file for tests/conformance/graphs.",
    )
    parser.add_argument("--generation", choices=GENERATIONS, default="current")
    parser.add_argument("--engine", choices=ENGINES, default="default", help="what the workflows run on")
    parser.add_argument("--graphs", type=int, default=300, help="how many")
    parser.add_argument("--seed", default="0", help="anything; the same seed tells the same stories")
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--shrink", type=int, default=1, help="how many to shrink of those that look alike")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Tell them, print what differs, and return 1 if anything does."""
    options = _parse(arguments)
    seeds = (f"{options.seed}-{number}" for number in range(options.first, options.first + options.graphs))
    alike: Counter[str] = Counter()
    documented: Counter[str] = Counter()
    told: set[str] = set()
    began = time.monotonic()
    with ExitStack() as servers:
        real = RealTeller(lambda: servers.enter_context(LiveServer(options.generation)))
        for found in differences(options.generation, seeds, real, options.engine):
            if found is None:
                continue
            if known := known_as(found):
                documented[known.row] += 1
                continue
            alike[found.signature] += 1
            if alike[found.signature] <= options.shrink:
                smallest = shrunk(found, real, told)
                if smallest.signature not in told:
                    told.add(smallest.signature)
                    print(smallest.report(), flush=True)
    for signature, count in alike.most_common():
        print(f"{count:5} {signature}")
    for row, count in documented.most_common():
        print(f"{count:5} documented: {row}")
    print(
        f"{options.graphs} graphs on {options.generation} in {time.monotonic() - began:.0f} s: "
        f"{sum(alike.values())} differ, in {len(alike)} ways; {real.deaths} servers died"
    )
    return 1 if alike else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`mastra-sync sweep`, found by an entry point; what it does is imported when it runs."""

# click takes \b for a paragraph that is not to be wrapped
# ruff: noqa: D301, PLC0415

from __future__ import annotations

from pathlib import Path

import click

from mastra_sync.cli.exits import Exit, Stop
from pytest_mastra.fake.cli import check_extra

USUAL_FAKE = "tests/fakes.py"


@click.command(context_settings={"ignore_unknown_options": False})
@click.option("--fake", "where", metavar="MODULE:SERVER", help=f"The fake that it asks [default: {USUAL_FAKE}:server].")
@click.option("--faults", metavar="NAMES", default="all", show_default=True, help="What may go wrong, with commas.")
@click.option("--quick", is_flag=True, help="Only what is most often wrong.")
@click.option(
    "--limit", type=click.IntRange(1), default=200, show_default=True, help="The most points, and the most pairs."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Which of more points than that are tried.")
@click.option("--pairs", is_flag=True, help="A second fault too, at what is asked after each that was survived.")
@click.option("--point", metavar="POINT", help="Only this, in full: what was asked, and what the script wrote.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds that one run of the script may take.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: what became of each point, and why.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def sweep(
    where: str | None,
    faults: str,
    *,
    quick: bool,
    limit: int,
    seed: int,
    pairs: bool,
    point: str | None,
    timeout: float,
    as_json: bool,
    command: tuple[str, ...],
) -> int:
    """Run a script once for each thing that may go wrong.

    It asks a fake Mastra server at MASTRA_BASE_URL, and is killed for real
    at each of its requests. What the fault ended is run again. The exit
    status is 1 where anything happens twice, is left, or does not recover.

    \b
    Examples:
      mastra-sync sweep -- python pay.py 900 sofa
      mastra-sync sweep --fake fakes.py:server --faults lost,killed -- ./pay.sh
      mastra-sync sweep --point 'start#1:lost' -- python pay.py 900 sofa
      mastra-sync sweep --json -- python pay.py | jq '.points[].outcome'
    """
    check_extra()
    from pytest_mastra.sweep.command import ScriptSweep, plan_of, points_named

    if where is None:
        if not Path(USUAL_FAKE).is_file():
            raise Stop(Exit.USAGE, f"there is no {USUAL_FAKE}: give --fake MODULE:SERVER, which the script asks")
        where = f"{USUAL_FAKE}:server"
    chosen = [name.strip() for name in faults.split(",") if name.strip()]
    plan = plan_of(chosen, is_quick=quick, limit=limit, pairs=pairs)
    script = ScriptSweep(command, where, plan, timeout, seed, as_json=as_json)
    return script.sweep() if point is None else script.show(points_named(point))

"""When the fake has cron expressions due, held against croner in Node: generated expressions, zones, summer time."""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pytest_mastra.fake.schedules.cron import Cron, milliseconds
from pytest_mastra.fake.schedules.cron_fields import CronError
from tests.live.install import ServerUnavailable, install, node_program

Case = list[Any]
"""An expression, a zone, milliseconds since 1970, and how many moments after them are asked for."""

NEXT_RUNS = Path(__file__).with_name("next_runs.mjs")
CASES = 1200
MOMENTS = 4

ZONES = (
    None,
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Pacific/Apia",
)
CHANGES = (1_774_746_000, 1_792_890_000, 1_772_953_200, 1_793_512_800, 1_775_314_800)
"""When clocks change in 2026: in Europe, America, and on Lord Howe Island."""

MONTHS = ("jan", "FEB", "mar", "apr", "may", "Jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "TUE", "wed", "thu", "fri", "Sat")
ODD = ("60", "99", "x", "5/2", "/3", "*/0", "*/99", "1--2", "-1", "1,,2", "15W", "LW", "1,L", "MON#9")


class Maker:
    """Makes expressions of all kinds, some of which are none.

    Args:
        seed: Makes the same ones again.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def case(self) -> Case:
        """Return an expression, a zone and a moment, often one near a change of clocks."""
        chance = self._random
        moment = 1_767_225_600 + chance.randrange(2 * 365 * 86_400)
        if chance.random() < 0.5:
            moment = chance.choice(CHANGES) + chance.randrange(-7_200, 7_200)
        return [self._expression(), chance.choice(ZONES), moment * 1000 + chance.choice((0, 0, 500)), MOMENTS]

    def _expression(self) -> str:
        chance = self._random
        if chance.random() < 0.03:
            return chance.choice(
                ("@daily", "@weekly", "@hourly", "@monthly", "@Yearly", "@never", "@reboot", "* * * *")
            )
        minute = self._part(0, 59, 0.2) if chance.random() < 0.5 else chance.choice(("0", "30", "*/15"))
        hour = chance.choice(("*", "2", "1-3", "*/2", "1", self._part(0, 23)))
        parts = [minute, hour, self._day(), self._month(), self._weekday()]
        if chance.random() < 0.05:
            parts[chance.randrange(5)] = chance.choice(ODD)
        more = chance.random()
        if more < 0.25:
            parts.insert(0, chance.choice(("0", "30", "*/20", "*")))
        if more < 0.08:
            parts.append(chance.choice(("*", "2026", "2026-2030", "2027/2")))
        return " ".join(parts)

    def _part(self, low: int, high: int, stars: float = 0.4) -> str:
        if self._random.random() < stars:
            return self._random.choice(("*", "*", "*", "?"))
        return ",".join(self._item(low, high) for _ in range(self._random.choice((1, 1, 1, 2, 3))))

    def _item(self, low: int, high: int) -> str:
        first, last = sorted(self._random.choices(range(low, high + 1), k=2))
        if self._random.random() < 0.04:
            first, last = last, first
        step = self._random.randint(1, high + 1)
        return self._random.choice((str(first), str(first), f"{first}-{last}", f"*/{step}", f"{first}-{last}/{step}"))

    def _day(self) -> str:
        return "L" if self._random.random() < 0.05 else self._part(1, 31, 0.5)

    def _month(self) -> str:
        return self._random.choice(MONTHS) if self._random.random() < 0.1 else self._part(1, 12, 0.6)

    def _weekday(self) -> str:
        day = self._random.randint(0, 7)
        kinds = (
            self._random.choice(DAYS),
            "-".join(self._random.sample(DAYS, 2)),
            f"{day}#{self._random.randint(1, 5)}",
            f"{day}L",
            "+" + self._part(0, 7, 0.1),
        )
        return self._random.choice(kinds) if self._random.random() < 0.3 else self._part(0, 7, 0.5)


def of_croner(cases: list[Case]) -> list[Any]:
    """Return croner's moments of each case, or how it refuses the expression."""
    try:
        croner = install("current").parent / "node_modules" / "croner" / "dist" / "croner.js"
    except ServerUnavailable as reason:
        pytest.skip(str(reason))
    command = [str(node_program()), str(NEXT_RUNS), croner.as_uri()]
    environment = {**os.environ, "TZ": "UTC"}
    done = subprocess.run(
        command, input=json.dumps(cases), capture_output=True, text=True, check=True, env=environment, timeout=120
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def of_the_fake(case: Case) -> Any:
    """Return the fake's moments of a case, or how it refuses the expression."""
    expression, zone, moment, count = case
    try:
        cron = Cron.of(expression, zone)
    except CronError as error:
        return str(error).removeprefix(f'Invalid cron expression "{expression}": ')
    moments: list[int | None] = []
    while len(moments) < count:
        try:
            moment = milliseconds(cron.next_after(moment / 1000))
        except CronError:
            return [*moments, None]
        moments.append(moment)
    return moments


def test_the_fake_has_due_what_croner_has() -> None:
    """Where the fake reads an expression its moments are croner's, also around changes of clocks, and its refusals too.

    What it does not read it refuses in words of its own, and that is little of what is made up here.
    """
    maker = Maker(20260101)
    cases = [maker.case() for _ in range(CASES)]
    pairs = [(case, of_the_fake(case), croners) for case, croners in zip(cases, of_croner(cases), strict=True)]
    read = [pair for pair in pairs if not (isinstance(pair[1], str) and "this fake server" in pair[1])]
    assert [pair for pair in read if pair[1] != pair[2]] == []
    assert len(read) > 0.8 * CASES
    assert sum(isinstance(ours, str) for _, ours, _ in read) > 20


def test_the_second_hour_of_autumn_is_croners() -> None:
    """Within the hour that comes twice, the next moment may lie before the given one: croner's, and so the fake's."""
    second_hour = 1_792_890_000_000 + 10 * 60_000
    cases: list[Case] = [["*/15 * * * *", "Europe/Berlin", second_hour, 1]]
    (croners,) = of_croner(cases)
    assert croners[0] < second_hour
    assert of_the_fake(cases[0]) == croners

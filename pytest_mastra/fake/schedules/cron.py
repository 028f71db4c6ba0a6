"""When a cron expression is due in a time zone, as croner 10 has it."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.schedules.cron_fields import CronError, CronFields, read_cron
from pytest_mastra.fake.workflows.javascript import iso

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Cron:
    """When something is due.

    Attributes:
        expression: As it was given.
        fields: What it says.
        zone: The zone that it is of; None for UTC.
    """

    expression: str
    fields: CronFields
    zone: ZoneInfo | None

    @classmethod
    def of(cls, expression: str, zone: str | None) -> Cron:
        """Return what an expression and the name of a zone say.

        Raises:
            CronError: One of them is none, or this fake does not read it; in Mastra's words.
        """
        if not expression.strip():
            shown = f'"{expression}"'
            raise CronError(
                f'Invalid cron expression: expected a non-empty cron string (e.g. "0 * * * *"), but received {shown}.'
            )
        try:
            fields = read_cron(expression)
        except CronError as error:
            raise CronError(f'Invalid cron expression "{expression}": {error}') from None
        return cls(expression, fields, None if zone is None else zone_named(zone))

    def next_after(self, moment: float) -> float:
        """Return the next moment at which it is due, in seconds since 1970.

        As croner, it counts on the wall clock of its zone, and then asks when the clock shows that: what falls into the
        hour that is left out in spring is due behind it, what falls into the hour that comes twice in autumn at its
        first time. In that second hour the next moment may therefore lie before the given one.

        Raises:
            CronError: It is never due again; in Mastra's words.
        """
        from croniter import CroniterBadDateError, croniter  # noqa: PLC0415 -- few suites have schedules

        wall = datetime.fromtimestamp(math.floor(moment), self.zone or timezone.utc).replace(tzinfo=None, fold=0)
        counting = croniter(self.fields.text, wall, day_or=not self.fields.needs_both_days, second_at_beginning=True)
        try:
            found = counting.get_next(datetime)
        except CroniterBadDateError:
            raise CronError(
                f'Cron expression "{self.expression}" has no future occurrence after {iso(moment)}'
            ) from None
        return self._moment_of(found)

    def _moment_of(self, wall: datetime) -> float:
        """Return when a wall clock shows this, as croner's `fromTZ` finds it."""
        shown = calendar.timegm(wall.timetuple())
        if self.zone is None:
            return shown
        guess = shown + (shown - self._shown_at(shown))
        if self._shown_at(guess) == shown:
            return guess - HOUR if self._shown_at(guess - HOUR) == shown else guess
        second = guess + shown - self._shown_at(guess)
        return second if self._shown_at(second) == shown else max(guess, second)

    def _shown_at(self, moment: float) -> int:
        """Return what the wall clock shows, as seconds of a clock without zones."""
        return calendar.timegm((datetime.fromtimestamp(moment, self.zone)).timetuple())


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        CronError: There is none of this name; in Mastra's words, with the nearest one.
    """
    from zoneinfo import ZoneInfo, available_timezones  # noqa: PLC0415 -- few suites have schedules

    if name in available_timezones():
        return ZoneInfo(name)
    hint = did_you_mean(nearest_name(name, available_timezones()))
    raise CronError(
        f"Invalid timezone \"{name}\": CronDate: Failed to convert date to timezone '{name}'. This may happen with "
        f"invalid timezone names or dates. Original error: toTZ: Invalid timezone '{name}' or date. Please provide a "
        f"valid IANA timezone (e.g., 'America/New_York', 'Europe/Stockholm'). Original error: Invalid time zone "
        f"specified: {name}{hint}"
    )


def milliseconds(moment: float) -> int:
    """Return a moment as JavaScript counts it."""
    return round(moment * 1000)


def seconds(milliseconds_: int) -> float:
    """Return a moment of JavaScript's in seconds."""
    return timedelta(milliseconds=milliseconds_).total_seconds()

"""The ids that schedules give to their runs: two recordings of one schedule say the same."""

from __future__ import annotations

from pytest_mastra.http.aliases import Aliases

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def test_the_moment_in_the_id_of_a_fired_run() -> None:
    """It is a time like any other; the schedule's own id stays, or is called as it is elsewhere."""
    aliases = Aliases()
    assert aliases.apply({"runId": "sched_schedule_night_1795754294335"}) == {"runId": "sched_schedule_night_<time>"}
    assert aliases.text(f"sched_schedule_{UUID}_1795754294335") == "sched_schedule_<id 1>_<time>"
    assert aliases.text(f"schedule_{UUID}") == "schedule_<id 1>"


def test_a_run_that_has_a_name_of_its_own() -> None:
    """That is what it is called."""
    aliases = Aliases()
    aliases.name("sched_schedule_night_1795754294335", "<run>")
    assert aliases.text("run sched_schedule_night_1795754294335 ended") == "run <run> ended"


def test_what_only_looks_like_one() -> None:
    """What users count stays as it is."""
    for text in ("order_1795754294335", "sched_night_17957542943351", "mysched_a_1795754294335"):
        assert Aliases().text(text) == text

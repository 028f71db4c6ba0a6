"""Exchanges are grouped by the run that they are about."""

from __future__ import annotations

from pytest_mastra.http.exchanges_by_run import group_by_run, group_exchanges, run_of, workflow_and_run
from tests.cassettes.exchange_factory import OTHER_RUN, RUN, exchange

CREATED = exchange("/api/workflows/city/create-run", {"runId": RUN}, method="POST")
STARTED = exchange(f"/api/workflows/city/start?runId={RUN}", {"message": "ok"}, method="POST", sent={"inputData": 1})
POLLED = exchange(f"/api/workflows/city/runs/{RUN}", {"status": "success"})
OTHER = exchange(f"/api/workflows/city/start-async?runId={OTHER_RUN}", {"status": "success"}, method="POST")
REFUSED = exchange("/api/workflows/city/create-run", {"error": "no"}, method="POST", status=400)
LISTED = exchange("/api/workflows/city/runs", {"runs": []})


def test_a_run_is_known_by_what_its_creation_answers() -> None:
    """A request that creates a run is about the run whose id is answered."""
    assert [run_of(each) for each in (CREATED, STARTED, POLLED, OTHER)] == [RUN, RUN, RUN, OTHER_RUN]
    assert [run_of(each) for each in (REFUSED, LISTED)] == [None, None]


def test_runs_are_numbered_as_they_are_named() -> None:
    """Each run has its exchanges in order; a refused one is a run without id."""
    grouped = group_by_run([CREATED, OTHER, LISTED, REFUSED, STARTED, POLLED])
    assert [(run.title, run.run_id, run.exchanges) for run in grouped.runs] == [
        ("city, run 1", RUN, [CREATED, STARTED, POLLED]),
        ("city, run 2", OTHER_RUN, [OTHER]),
        ("city, run 3", None, [REFUSED]),
    ]
    assert grouped.others == [LISTED]
    assert [run.started_with for run in grouped.runs] == [{"inputData": 1}, None, None]


def test_what_names_no_run_stands_alone_or_with_the_lone_run() -> None:
    """It joins the only run under way, if it may; otherwise it is a group by itself."""
    before = [CREATED, LISTED, STARTED]
    alone = [members for _, members in group_exchanges(before, workflow_and_run)]
    joined = [members for _, members in group_exchanges(before, workflow_and_run, joins_lone_run=lambda _: True)]
    assert (alone, joined) == ([[CREATED, STARTED], [LISTED]], [[CREATED, LISTED, STARTED]])
    amid_two = [CREATED, OTHER, LISTED, OTHER, POLLED, LISTED]
    groups = group_exchanges(amid_two, workflow_and_run, joins_lone_run=lambda _: True)
    assert [members for _, members in groups] == [[CREATED, POLLED], [OTHER, OTHER], [LISTED], [LISTED]]

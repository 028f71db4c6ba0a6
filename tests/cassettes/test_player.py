"""Which recorded answer a request gets: moves once, polls as the run stood, and never a step back."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mastra.cassettes.replay.player import Playback
from pytest_mastra.http.exchanges import Exchange
from tests.cassettes.record_and_replay import (
    FIRST,
    OTHER,
    OWN,
    RUN,
    SECOND,
    answers,
    create,
    exchange_of,
    move,
    poll,
    request_of,
    result,
)
from tests.properties import examples

NOTHING = "nothing like it was recorded"


def a_run(run: str = FIRST) -> list[Exchange]:
    """Created, started, suspended, resumed, done."""
    return [
        create(run),
        move("start", run),
        poll(run, "running"),
        poll(run, "suspended"),
        move("resume", run),
        poll(run, "running"),
        poll(run, "success"),
    ]


@pytest.mark.parametrize("times", range(1, 51))
def test_five_polls_recorded_and_any_number_asked(times: int) -> None:
    """More get the last answer again, fewer are fine, nothing ever goes back; the rest is counted."""
    statuses = ["pending", "running", "running", "running", "success"]
    playback = Playback([create(FIRST), move("start", FIRST), *(poll(FIRST, status) for status in statuses)])
    answers(playback, create(FIRST), move("start", FIRST))
    expected = [*statuses, *["success"] * 45][:times]
    assert answers(playback, *[poll(FIRST, "")] * times) == expected
    assert playback.extra_polls == max(0, times - 5)
    assert playback.unplayed == []


def test_a_poll_before_its_move_does_not_see_the_future() -> None:
    """What a run said after it was resumed is not told before it is, and not what it said before, afterwards."""
    playback = Playback(a_run())
    ask = poll(FIRST, "")
    assert answers(playback, create(FIRST), ask) == [
        f'{{"runId":"{FIRST}"}}',
        "it was recorded after exchange 2, start of 'report' -> 200 OK, which has not been played yet",
    ]
    assert answers(playback, move("start", FIRST), ask, ask, ask, ask)[1:] == ["running", *["suspended"] * 3]
    assert answers(playback, move("resume", FIRST), ask, ask, ask)[1:] == ["running", "success", "success"]
    assert playback.extra_polls == 3


def test_a_poll_between_moves_in_another_order() -> None:
    """Where a later move was played before an earlier one, what a poll misses is said, by the move that is to come."""
    playback = Playback(a_run()[:5])
    ask = poll(FIRST, "")
    replies = answers(playback, create(FIRST), move("resume", FIRST), ask)
    assert replies[-1] == "it was not recorded after exchange 5, resume of 'report' -> 200 OK, which has been played"
    playback = Playback(a_run())
    replies = answers(playback, create(FIRST), move("resume", FIRST), ask)
    assert replies[-1] == "it was recorded after exchange 2, start of 'report' -> 200 OK, which has not been played yet"


def test_a_run_takes_no_place_in_which_nothing_is_to_come() -> None:
    """A move that a run has made is not answered by another run's, which it would have made as well."""
    playback = Playback([create(FIRST), move("start", FIRST), create(SECOND), move("start", SECOND)])
    replies = answers(playback, create(FIRST), move("start", FIRST), move("start", FIRST))
    assert replies[-1] == "all that was recorded of it has been played"
    assert playback.played == 2


def test_fewer_polls_before_a_move() -> None:
    """After a move the answers go on behind it, however many before it were not asked for."""
    playback = Playback(a_run())
    ask = poll(FIRST, "")
    asked_for = [create(FIRST), move("start", FIRST), ask, move("resume", FIRST), ask, ask]
    assert answers(playback, *asked_for)[2::3] == ["running", "success"]
    assert playback.unplayed == []
    assert playback.played == 6


def test_no_poll_after_a_move_was_recorded() -> None:
    """What stood before a move is not told after it; the reason says which move."""
    playback = Playback([*a_run()[:4], move("resume", FIRST)])
    answers(playback, create(FIRST), move("start", FIRST), move("resume", FIRST))
    assert answers(playback, poll(FIRST, "")) == [
        "it was not recorded after exchange 5, resume of 'report' -> 200 OK, which has been played"
    ]


def test_a_second_kind_of_poll_is_not_behind_the_first() -> None:
    """Once one read has said that a run is settled, another does not say that it runs."""
    story = [
        create(FIRST),
        move("start", FIRST),
        result(FIRST, "running"),
        poll(FIRST, "running"),
        poll(FIRST, "success"),
    ]
    playback = Playback(story)
    answers(playback, story[0], story[1])
    assert answers(playback, poll(FIRST, ""), poll(FIRST, ""), result(FIRST, "")) == [
        "running",
        "success",
        "what was recorded is how the run stood before the last answer, which was another",
    ]
    playback = Playback([*story, result(FIRST, "success")])
    answers(playback, story[0], story[1])
    assert answers(playback, *[poll(FIRST, "")] * 3, *[result(FIRST, "")] * 2) == [
        *("running", "success", "success"),
        *("success", "success"),
    ]


def test_a_move_is_played_once() -> None:
    """Starting twice what was recorded once is a miss; twice recorded is twice played, in order."""
    once = Playback([move("start", FIRST)])
    start = move("start", FIRST)
    assert answers(once, start, start)[1] == "all that was recorded of it has been played"
    refused = exchange_of(start.request, b'{"status":"refused"}', status=409)
    twice = Playback([start, refused])
    assert answers(twice, start, start) == ['{"message":"done"}', "refused"]


def test_what_does_not_change_can_be_asked_again() -> None:
    """Details and the list of workflows are the same each time, and each recorded one comes once first."""
    details = exchange_of(request_of("GET", "/api/workflows/report"), b'{"status":"old"}')
    again = exchange_of(request_of("GET", "/api/workflows/report"), b'{"status":"new"}')
    playback = Playback([details, again])
    assert answers(playback, *[details] * 4) == ["old", "new", "new", "new"]
    assert playback.extra_polls == 2


def test_what_nobody_asked_for() -> None:
    """All that was not asked for is told, but polls."""
    listing = exchange_of(request_of("GET", "/api/workflows"), b"{}")
    observed = exchange_of(request_of("POST", f"/api/workflows/report/observe?runId={FIRST}", b"{}"), b"{}")
    runs = exchange_of(request_of("GET", "/api/workflows/report/runs"), b'{"runs":[]}')
    playback = Playback([listing, *a_run(), result(FIRST, "success"), runs, observed])
    assert [exchange.call.verb for exchange in playback.unplayed] == [
        *("list_workflows", "create_run", "start", "resume", "observe"),
    ]


def test_lists_of_runs_stand_between_the_moves_of_their_workflow() -> None:
    """A list says who is there: not before a run of the workflow was created, and not without it after."""

    def listed(status: str) -> Exchange:
        return exchange_of(request_of("GET", "/api/workflows/report/runs"), f'{{"status":"{status}"}}'.encode())

    playback = Playback([listed("none"), create(FIRST), listed("one"), create(SECOND, "other")])
    ask = listed("")
    assert answers(playback, ask, ask, create(FIRST), ask, create(SECOND, "other"), ask)[::1] == [
        *("none", "none", f'{{"runId":"{FIRST}"}}', "one", f'{{"runId":"{SECOND}"}}', "one"),
    ]


def test_other_routes_stand_between_each_other() -> None:
    """What is no workflow's is matched by path, query and body; what reads it is told what was last said."""
    first = exchange_of(request_of("GET", "/api/memory/threads?x=1"), b'{"status":"empty"}')
    written = exchange_of(request_of("POST", "/api/memory/threads", b'{"a":1}'), b'{"status":"written"}')
    last = exchange_of(request_of("GET", "/api/memory/threads?x=1"), b'{"status":"full"}')
    playback = Playback([first, written, last])
    assert answers(playback, first, first, written, last, last) == ["empty", "empty", "written", "full", "full"]
    assert answers(playback, request_of("GET", "/api/memory/threads?x=2")) == [NOTHING]
    assert answers(playback, request_of("POST", "/api/memory/threads", b'{"a":2}')) == [NOTHING]


# -- ids of the test's own


def test_an_id_that_the_test_makes() -> None:
    """A run that the test names otherwise than when it was recorded is the same run, and is answered by its name."""
    playback = Playback(a_run())
    said = answers(playback, create(OWN), move("start", OWN), *[poll(OWN, "")] * 2, move("resume", OWN), poll(OWN, ""))
    assert said == [
        f'{{"runId":"{OWN}"}}',
        '{"message":"done"}',
        "running",
        "suspended",
        '{"message":"done"}',
        "running",
    ]
    assert playback.ids.recorded(OWN) == FIRST


def test_an_id_of_the_test_in_capitals() -> None:
    """UUIDs are compared whatever their case."""
    playback = Playback(a_run())
    assert answers(playback, create(OWN.upper()), move("start", OWN), poll(OWN.upper(), ""))[-1] == "running"


def echo(sent: str, answered: str) -> Exchange:
    body = f'{{"inputData":{{"order":"{sent}"}}}}'.encode()
    return exchange_of(request_of("POST", "/api/workflows/report/start", body), f'"{answered}"'.encode())


@pytest.mark.parametrize("order", [FIRST, f"order-{FIRST}", f"{FIRST}/{SECOND}"])
@pytest.mark.parametrize("write", [str, str.upper, str.swapcase, str.capitalize])
def test_a_reply_has_an_id_in_the_letters_in_which_it_was_sent(write: Callable[[str], str], order: str) -> None:
    """UUIDs come back as the test writes them, also where they are part of another id."""
    own = order.replace(FIRST, "abcdef99-0000-4000-8000-00000000000a")
    playback = Playback([echo(write(order), write(order))])
    assert answers(playback, echo(write(own), "")) == [f'"{write(own)}"']


def test_a_server_that_writes_ids_in_letters_of_its_own() -> None:
    """An id that was sent in capitals and answered in small letters is so on replay, and the other way round."""
    own = "abcdef99-0000-4000-8000-00000000000a"
    assert answers(Playback([echo(FIRST.upper(), FIRST)]), echo(own.upper(), "")) == [f'"{own}"']
    assert answers(Playback([echo(FIRST, FIRST.upper())]), echo(own, "")) == [f'"{own.upper()}"']


def test_an_id_whose_recording_has_no_letters() -> None:
    """Ids of runs are recorded as numbers; they come back in the letters of the test all the same."""
    recorded, own = "00000000-0000-4000-8000-000000000001", FIRST.upper()
    playback = Playback([create(recorded), poll(recorded, "success")])
    assert answers(playback, create(own)) == [f'{{"runId":"{own}"}}']
    answer = playback.answer(request_of("GET", f"{RUN}/{own}"))
    assert isinstance(answer, Exchange)
    assert own.encode() in answer.body


def test_an_id_that_is_no_uuid() -> None:
    """Ids that somebody chose are learned alike, and told back as they were given."""
    playback = Playback(a_run("order-17"))
    said = answers(playback, create("order-18"), move("start", "order-18"), poll("order-18", ""))
    assert said == ['{"runId":"order-18"}', '{"message":"done"}', "running"]


def test_two_ids_do_not_mix() -> None:
    """Two runs of the same test keep to their own answers, in whatever order they are asked."""
    playback = Playback([*a_run(), *a_run(SECOND)[:4], poll(SECOND, "failed")])
    answers(playback, create(OWN), create(OTHER), move("start", OTHER), move("start", OWN))
    assert answers(playback, *[poll(OTHER, "")] * 3, *[poll(OWN, "")] * 3) == [
        *("running", "suspended", "failed"),
        *("running", "suspended", "suspended"),
    ]


def test_an_id_that_the_server_made_is_not_another() -> None:
    """An id that the recording's server gave is asked for as it is; no other stands for it."""
    made = exchange_of(
        request_of("POST", "/api/workflows/report/create-run", b"{}"), b'{"runId":"%b"}' % FIRST.encode()
    )
    playback = Playback([made, *a_run()[1:]])
    assert answers(playback, made, move("start", OWN)) == [
        f'{{"runId":"{FIRST}"}}',
        "it was recorded of other runs only",
    ]
    assert answers(playback, move("start", FIRST)) == ['{"message":"done"}']


def test_an_id_of_another_recorded_run() -> None:
    """An id that the recording knows as one run does not become another one."""
    playback = Playback([create(FIRST), create(SECOND, "other")])
    assert answers(playback, create(SECOND)) == ["it was recorded of other runs only"]


def test_ids_in_bodies_and_times() -> None:
    """Whatever UUID and time of day stands in a body is another one each time; which stands where, is not."""

    def noted(first: str, second: str, at: str) -> Exchange:
        body = f'{{"keys":["{first}","{second}"],"at":"{at}","startedAt":{len(at)}}}'
        return exchange_of(request_of("POST", "/api/notes", body.encode()), f'{{"status":"{first}"}}'.encode())

    playback = Playback([noted(FIRST, SECOND, "2026-01-01T00:00:00Z"), noted(FIRST, FIRST, "2026-01-01T00:00:01Z")])
    assert answers(playback, noted(OWN, OWN, "2027-05-05T10:00:00Z")) == [OWN]
    assert answers(playback, noted(OWN, OTHER, "2027-05-05T10:00:00Z")) == [OWN]


def test_the_very_words_go_before_their_like() -> None:
    """Of two requests that differ in a time only, the one asked for in the same words answers."""

    def on(day: int) -> Exchange:
        body = f'{{"inputData":{{"day":"2026-01-0{day}T00:00:00Z"}}}}'
        return exchange_of(request_of("POST", "/api/days", body.encode()), f'{{"status":"{day}"}}'.encode())

    assert answers(Playback([on(1), on(2), on(3)]), on(2), on(3), on(1)) == ["2", "3", "1"]


# -- runs that nobody could tell apart when they were created


@pytest.mark.parametrize("own_ids", [True, False], ids=["ids of the test", "ids of the server"])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_runs_created_in_another_order(*, order: tuple[int, ...], own_ids: bool) -> None:
    """Threads create runs in any order; each is the run that had the same input."""
    runs = [FIRST, SECOND, "2" + FIRST[1:]]

    def made(run: str) -> Exchange:
        query = f"?runId={run}" if own_ids else ""
        return exchange_of(
            request_of("POST", f"/api/workflows/report/create-run{query}", b"{}"), f'{{"runId":"{run}"}}'.encode()
        )

    recording = [
        each
        for number, run in enumerate(runs)
        for each in (made(run), move("start", run, f'{{"n":{number}}}'), poll(run, f"done-{number}"))
    ]
    playback = Playback(recording)
    names = [f"9999999{number}-0000-4000-8000-000000000000" for number in order]
    given = [answers(playback, made(name))[0].removeprefix('{"runId":"').removesuffix('"}') for name in names]
    assert len(set(given)) == 3
    assert given == names if own_ids else set(given) == set(runs)
    said = [
        answers(playback, move("start", run, f'{{"n":{number}}}')) for run, number in zip(given, order, strict=True)
    ]
    assert said == [['{"message":"done"}']] * 3
    statuses = [answers(playback, poll(run, ""))[0] for run in given]
    assert statuses == [f"done-{number}" for number in order]
    assert playback.unplayed == []


def test_a_late_run_takes_the_place_that_is_left() -> None:
    """A run that is created after another has changed places gets the other recording, under a name of its own."""
    made = [
        exchange_of(request_of("POST", "/api/workflows/report/create-run", b"{}"), f'{{"runId":"{run}"}}'.encode())
        for run in (FIRST, SECOND)
    ]
    starts = [move("start", FIRST, "1"), move("start", SECOND, "2")]
    playback = Playback([made[0], starts[0], made[1], starts[1], poll(FIRST, "one"), poll(SECOND, "two")])
    assert answers(playback, made[0], move("start", FIRST, "2")) == [f'{{"runId":"{FIRST}"}}', '{"message":"done"}']
    (late,) = answers(playback, made[0])
    assert late == f'{{"runId":"{SECOND}"}}'
    assert answers(playback, move("start", SECOND, "1"), poll(FIRST, ""), poll(SECOND, "")) == [
        *('{"message":"done"}', "two", "one"),
    ]


def test_runs_that_were_answered_otherwise_stay_apart() -> None:
    """Once a run has been told something of its own, it does not become another."""
    other = exchange_of(move("start", SECOND).request, b'{"message":"another"}')
    recording = [
        *(create(FIRST), move("start", FIRST), move("resume", FIRST, "1")),
        *(create(SECOND), other, move("resume", SECOND, "2")),
    ]
    playback = Playback(recording)
    answers(playback, create(OWN), move("start", OWN))
    assert answers(playback, move("resume", OWN, "2")) == ["it was recorded of other runs only"]


# -- any asking whatever


@settings(max_examples=examples(200))
@given(
    moves=st.lists(st.integers(0, 4), min_size=1, max_size=5),
    polls=st.lists(st.integers(0, 12), min_size=6, max_size=6),
)
def test_whatever_number_of_polls(moves: list[int], polls: list[int]) -> None:
    """Between any two moves, any number of polls is answered in order, by what stood there, or refused if none did."""
    recording = [create(FIRST)]
    stood: list[list[str]] = []
    for number, count in enumerate(moves):
        recording.append(move("resume", FIRST, str(number)))
        stood.append([f"{number}-{place}" for place in range(count)])
        recording += [poll(FIRST, status) for status in stood[-1]]
    playback = Playback(recording)
    answers(playback, create(FIRST))
    for number, statuses in enumerate(stood):
        assert answers(playback, move("resume", FIRST, str(number))) == ['{"message":"done"}']
        said = answers(playback, *[poll(FIRST, "")] * polls[number])
        if statuses:
            assert said == (statuses + [statuses[-1]] * polls[number])[: polls[number]]
        else:
            # not as in the part before, and not as in the next
            assert all(text not in itertools.chain(*stood) for text in said)


@settings(max_examples=examples(100))
@given(st.data())
def test_any_mixture_of_runs(data: st.DataObject) -> None:
    """Runs of the same workflow, asked for in any interleaving and under names of the test: each gets its own story."""
    count = data.draw(st.integers(1, 4))
    runs = [f"{number}{FIRST[1:]}" for number in range(count)]
    stories = {
        run: [create(run), move("start", run, f'{{"n":{number}}}'), poll(run, f"run-{number}")]
        for number, run in enumerate(runs)
    }
    recording: list[Exchange] = []
    left = {run: list(story) for run, story in stories.items()}
    while any(left.values()):
        run = data.draw(st.sampled_from([run for run, story in left.items() if story]))
        recording.append(left[run].pop(0))
    playback = Playback(recording)
    own = {run: f"{number}{OWN[1:]}" for number, run in enumerate(runs)}
    todo = dict.fromkeys(runs, 3)
    while any(todo.values()):
        run = data.draw(st.sampled_from([run for run, count in todo.items() if count]))
        number, step = runs.index(run), 3 - todo[run]
        todo[run] -= 1
        request = [create(own[run]), move("start", own[run], f'{{"n":{number}}}'), poll(own[run], "")][step]
        (said,) = answers(playback, request)
        assert said == [f'{{"runId":"{own[run]}"}}', '{"message":"done"}', f"run-{number}"][step]
    assert playback.unplayed == []
    assert playback.extra_polls == 0


def test_an_answer_of_1_0_beta_is_settled_where_its_snapshot_is() -> None:
    """Reading a run by another route after it has ended is no step back: there the status is in a snapshot."""
    ask = request_of("GET", f"/api/workflows/report/runs/{FIRST}")
    row = exchange_of(ask, b'{"runId":"r","snapshot":{"status":"success"}}')
    playback = Playback([create(FIRST), move("start", FIRST), row, result(FIRST, "success")])
    found = answers(playback, create(FIRST), move("start", FIRST), result(FIRST, ""), ask)
    assert found[2:] == ["success", "success"]


def test_a_list_of_runs_may_be_asked_amid_several() -> None:
    """These are told one after the other, so that its place among their moves is not known."""
    ask = request_of("GET", "/api/workflows/report/runs?status=suspended")
    lists = [exchange_of(ask, f'{{"total":{number}}}'.encode()) for number in (1, 2)]
    runs = [said for run in (FIRST, SECOND) for said in (create(run), move("start", run), move("resume", run))]
    playback = Playback([*lists, *runs])
    answers(playback, create(FIRST), move("start", FIRST), create(SECOND), move("start", SECOND))
    assert answers(playback, ask, ask, ask) == ['{"total":1}', '{"total":2}', '{"total":2}']

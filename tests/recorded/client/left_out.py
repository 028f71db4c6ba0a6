"""Which of the client's live tests are not replayed, and why."""

from __future__ import annotations

from zlib import crc32

from tests.live.install import GENERATIONS

_BESIDE = "speaks to the server beside the client, over a connection that nobody records"
_TIME = "is about how long something takes, and a replay takes no time"
_LOOKS = "depends on how often a client looks, and of equal answers in a row one is recorded"
_BIG = "is answered with all that the server has"
_NO_SERVER = "asks no server of a generation"

LEFT_OUT: dict[str, str] = {
    "test_canceling.test_a_step_that_does_not_watch_finishes_first": "counts who stands at a gate",
    "test_errors.test_a_bad_argument_is_named_before_anything_is_sent": _BIG,
    "test_errors.test_a_result_that_cannot_be_written": _TIME,
    "test_errors.test_a_server_that_is_not_there": _NO_SERVER,
    "test_observing.test_a_run_without_a_history_can_be_followed": _LOOKS,
    "test_reading.test_a_partial_list_has_no_steps": _BIG,
    "test_reading.test_a_request_context_goes_with_the_list_and_the_details": _BIG,
    "test_reading.test_run_counts_are_known_to_current_servers_only": _BIG,
    "test_reading.test_runs_can_be_chosen_by_time": _BIG,
    "test_reading.test_workflows_are_listed_by_key": _BIG,
    "test_results.test_times_are_aware": "holds the times of a run against the clock on the wall",
    "test_resuming.test_a_second_answer_is_refused": _LOOKS,
    "test_running.test_a_held_call_has_an_end_too": _TIME,
    "test_running.test_map_keeps_to_its_number_of_workers": _BIG,
    "test_running.test_map_takes_the_options_of_a_start": _TIME,
    "test_running.test_waiting_has_an_end": _TIME,
    "test_streams.test_a_quiet_stream_is_not_a_dead_one": _LOOKS,
    "test_streams.test_a_stream_can_stay_open_while_the_run_is_suspended": _LOOKS,
    "test_streams.test_a_stream_has_a_time_limit": _TIME,
    "test_streams.test_large_records_come_whole": _BIG,
    "test_surprises.test_a_cancel_overwrites_what_has_ended": _BESIDE,
    "test_surprises.test_a_falsy_answer_is_none": _BESIDE,
    "test_surprises.test_a_wrong_answer_inside_a_nested_workflow_is_fatal": _BESIDE,
    "test_surprises.test_an_observer_is_told_twice": _BESIDE,
    "test_surprises.test_bodies_are_read_as_json_only": _BESIDE,
    "test_surprises.test_idle_connections_are_closed": "is about connections",
    "test_surprises.test_numbers_pass_through_javascript": _BESIDE,
    "test_surprises.test_one_number_alone_does_not_page": _BESIDE,
    "test_surprises.test_optional_fields_are_left_out": _BESIDE,
    "test_surprises.test_streams_are_text_without_a_charset": _BESIDE,
    "test_surprises.test_streams_of_older_servers_end_in_done": _BESIDE,
    "test_surprises.test_the_input_of_another_run_shows_through": _BESIDE,
}
"""Why, by module and test."""


def replayed_index(test: str, generation: str, count: int) -> int:
    """Return which one of a test's sets of parameters is replayed: all would be thrice as many files.

    Tests and generations take different ones, so that each verb is replayed somewhere.

    Args:
        test: Module and test.
        generation: What was recorded.
        count: How many sets there are.
    """
    return (crc32(test.encode()) + [*GENERATIONS].index(generation)) % count

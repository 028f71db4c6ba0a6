"""Scenarios: the server's process is killed, and another one comes in its place with the same database."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import scenario


def start_and_die(
    conversation: Conversation, workflow: str, input_data: Any = None, *, is_owned: bool = False, **more: Any
) -> tuple[str, str]:
    """Start a run, have the server die while a step waits at a gate; return the run's id and the gate's name."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    given = {"gate": gate} if input_data is None else input_data(gate)
    conversation.post(workflow, "create-run", run_id, {"resourceId": run_id} if is_owned else None)
    conversation.post(workflow, "start", run_id, {"inputData": given, **more})
    conversation.wait_for_gate(gate)
    conversation.die()
    conversation.revive()
    return run_id, gate


def restart(conversation: Conversation, workflow: str, run_id: str, gate: str) -> None:
    """Restart a run, let it pass the gate at which it waits again, and look at it and what was executed."""
    finish = conversation.begin(workflow, "restart-async", run_id)
    conversation.wait_for_gate(gate)
    conversation.read_run(workflow, run_id)
    conversation.open_gate(gate)
    finish()
    conversation.read_run(workflow, run_id)
    conversation.record_value("executions", conversation.executions(run_id))


def look_and_restart(conversation: Conversation, workflow: str, input_data: Any = None, **more: Any) -> str:
    """Have the server die in the midst of a run, look at that, and restart it; return its id."""
    run_id, gate = start_and_die(conversation, workflow, input_data, **more)
    conversation.read_run(workflow, run_id)
    restart(conversation, workflow, run_id, gate)
    return run_id


def look_and_run_on(conversation: Conversation, workflow: str, input_data: Any = None) -> None:
    """Have the server die in the midst of a run, look at that, and restart it with the gate open."""
    run_id, gate = start_and_die(conversation, workflow, input_data)
    conversation.read_run(workflow, run_id)
    conversation.open_gate(gate)
    conversation.post(workflow, "restart-async", run_id)
    conversation.read_run(workflow, run_id)


@scenario(dies=True)
def died_running(conversation: Conversation) -> None:
    """A run that was at work is `running` until it is restarted; the step that was active is executed again."""
    run_id, gate = start_and_die(conversation, "dying-line", is_owned=not conversation.is_beta)
    conversation.read_run("dying-line", run_id)
    if conversation.is_beta:
        conversation.call("GET", f"/workflows/dying-line/runs/{run_id}/execution-result")
    else:
        conversation.call("GET", f"/workflows/dying-line/runs?status=running&resourceId={run_id}")
    conversation.post("dying-line", "observe", run_id)
    restart(conversation, "dying-line", run_id, gate)
    conversation.post("dying-line", "observe", run_id)


@scenario(dies=True)
def died_running_refuses(conversation: Conversation) -> None:
    """Such a run can neither be resumed nor time travelled."""
    run_id, _ = start_and_die(conversation, "dying-line")
    conversation.post("dying-line", "resume-async", run_id, {"step": "wait", "resumeData": {}})
    conversation.post("dying-line", "time-travel-async", run_id, {"step": "first", "inputData": {}})
    conversation.read_run("dying-line", run_id)


@scenario(dies=True)
def died_running_canceled(conversation: Conversation) -> None:
    """A cancel of such a run is believed; afterwards it is not restarted."""
    run_id, gate = start_and_die(conversation, "dying-line")
    conversation.cancel("dying-line", run_id)
    conversation.read_run("dying-line", run_id)
    conversation.open_gate(gate)
    conversation.post("dying-line", "restart-async", run_id)
    conversation.read_run("dying-line", run_id)


def die_and_execute_again(conversation: Conversation, verb: str) -> None:
    """Have the server die in a run's step, and execute the run anew by a verb."""
    run_id, gate = start_and_die(conversation, "dying-line")
    conversation.open_gate(gate)
    conversation.post("dying-line", verb, run_id, {"inputData": {"again": True}})
    conversation.read_run("dying-line", run_id)
    conversation.record_value("executions", conversation.executions(run_id))


@scenario(dies=True)
def died_started_again(conversation: Conversation) -> None:
    """A start of such a run executes it from its beginning."""
    die_and_execute_again(conversation, "start-async")


@scenario(dies=True)
def died_streamed_again(conversation: Conversation) -> None:
    """A stream of such a run executes it from its beginning."""
    die_and_execute_again(conversation, "stream")


@scenario(dies=True)
def died_streaming(conversation: Conversation) -> None:
    """A stream is cut, its history is gone; a restart has no stream."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    finish = conversation.begin("dying-writes", "stream", run_id, {"inputData": {"gate": gate}}, wait_for_first=True)
    conversation.wait_for_gate(gate)
    conversation.die()
    finish()
    conversation.revive()
    conversation.read_run("dying-writes", run_id)
    conversation.post("dying-writes", "observe", run_id)
    restart(conversation, "dying-writes", run_id, gate)
    conversation.post("dying-writes", "observe", run_id)


@scenario(dies=True)
def died_waited_for(conversation: Conversation) -> None:
    """A request that waits for the run's end is cut."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    finish = conversation.begin("dying-line", "start-async", run_id, {"inputData": {"gate": gate}})
    conversation.wait_for_gate(gate)
    conversation.die()
    finish()
    conversation.revive()
    conversation.read_run("dying-line", run_id)
    restart(conversation, "dying-line", run_id, gate)


@scenario(dies=True)
def died_pending(conversation: Conversation) -> None:
    """A run that was not started is pending, cannot be restarted, and can be started."""
    run_id = conversation.run_id()
    conversation.post("dying-line", "create-run", run_id)
    conversation.die()
    conversation.revive()
    conversation.read_run("dying-line", run_id)
    conversation.post("dying-line", "restart-async", run_id)
    conversation.post("dying-line", "observe", run_id)
    conversation.post("dying-line", "start-async", run_id, {"inputData": {}})
    conversation.read_run("dying-line", run_id)


@scenario(dies=True)
def died_suspended(conversation: Conversation) -> None:
    """A suspended run is suspended, cannot be restarted, and can be resumed."""
    run_id = conversation.run_id()
    conversation.post("dying-asks", "start-async", run_id, {"inputData": {}})
    conversation.die()
    conversation.revive()
    conversation.read_run("dying-asks", run_id)
    conversation.post("dying-asks", "restart-async", run_id)
    conversation.post("dying-asks", "observe", run_id)
    conversation.post("dying-asks", "resume-async", run_id, {"step": "q", "resumeData": {"answer": "a"}})
    conversation.read_run("dying-asks", run_id)
    conversation.record_value("executions", conversation.executions(run_id))


@scenario(dies=True)
def died_suspended_in_a_stream(conversation: Conversation) -> None:
    """A run that was streamed and had suspended is resumed with a stream of its own; what was streamed is gone."""
    run_id = conversation.run_id()
    conversation.post("dying-asks", "stream", run_id, {"inputData": {}})
    conversation.die()
    conversation.revive()
    conversation.post("dying-asks", "observe", run_id)
    conversation.post("dying-asks", "resume-stream", run_id, {"step": "q", "resumeData": {"answer": "a"}})
    conversation.post("dying-asks", "observe", run_id)
    conversation.read_run("dying-asks", run_id)


@scenario(dies=True)
def died_suspended_streamed_again(conversation: Conversation) -> None:
    """A stream of a suspended run executes it anew: nothing is there to repeat."""
    run_id = conversation.run_id()
    conversation.post("dying-asks", "stream", run_id, {"inputData": {}})
    conversation.die()
    conversation.revive()
    conversation.post("dying-asks", "stream", run_id, {"inputData": {"again": True}})
    conversation.read_run("dying-asks", run_id)


@scenario(dies=True)
def died_resuming(conversation: Conversation) -> None:
    """A run that died while it was resumed cannot be resumed again; a restart goes on."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    conversation.post("dying-asks", "start-async", run_id, {"inputData": {"gate": gate}})
    answer = {"step": "q", "resumeData": {"answer": "a"}}
    finish = conversation.begin("dying-asks", "resume-async", run_id, answer)
    conversation.wait_for_gate(gate)
    conversation.die()
    finish()
    conversation.revive()
    conversation.read_run("dying-asks", run_id)
    conversation.post("dying-asks", "resume-async", run_id, answer)
    conversation.read_run("dying-asks", run_id)


def die_in_answer(conversation: Conversation, workflow: str, run_id: str, answer: Any, gate: str) -> None:
    """Have the server die while a run's answer waits at a gate, and come back with that open."""
    finish = conversation.begin(workflow, "resume-async", run_id, answer)
    conversation.wait_for_gate(gate)
    conversation.die()
    finish()
    conversation.revive()
    conversation.open_gate(gate)


def read_and_restart(conversation: Conversation, workflow: str, run_id: str) -> None:
    """Read a run, restart it, and read it again."""
    conversation.read_run(workflow, run_id)
    conversation.post(workflow, "restart-async", run_id)
    conversation.read_run(workflow, run_id)


@scenario(dies=True)
def died_resuming_restarted(conversation: Conversation) -> None:
    """What a restart does of a run that died while it was resumed."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    conversation.post("dying-asks", "start-async", run_id, {"inputData": {"gate": gate}})
    die_in_answer(conversation, "dying-asks", run_id, {"step": "q", "resumeData": {"answer": "a"}}, gate)
    conversation.post("dying-asks", "restart-async", run_id)
    conversation.read_run("dying-asks", run_id)
    conversation.record_value("executions", conversation.executions(run_id))


def die_in_second_answer(conversation: Conversation, workflow: str, *step: str) -> None:
    """Have the server die while a step has its second answer, restart the run, and give both answers once more."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    conversation.post(workflow, "start-async", run_id, {"inputData": {"gate": gate}})
    who, why = ({"step": step, "resumeData": {name: "a"}} for name in ("who", "why"))
    conversation.post(workflow, "resume-async", run_id, who)
    die_in_answer(conversation, workflow, run_id, why, gate)
    read_and_restart(conversation, workflow, run_id)
    conversation.post(workflow, "resume-async", run_id, who)
    conversation.post(workflow, "resume-async", run_id, why)
    conversation.read_run(workflow, run_id)
    conversation.record_value("executions", conversation.executions(run_id))


@scenario(dies=True)
def died_in_a_second_answer(conversation: Conversation) -> None:
    """A step that died after its second answer is executed without either; it asks both questions anew."""
    die_in_second_answer(conversation, "dying-asks-twice", "q")


@scenario(dies=True)
def died_in_a_nested_answer(conversation: Conversation) -> None:
    """The same of a step in a nested workflow."""
    die_in_second_answer(conversation, "dying-asks-nested", "dying-asks-twice-inner", "q")


@scenario(dies=True)
def died_in_an_answer_beside_a_question(conversation: Conversation) -> None:
    """Beside a step that died in its second answer another one asks."""
    die_in_second_answer(conversation, "dying-asks-beside", "q")


@scenario(dies=True)
def died_in_an_answer_beside_one_that_was_given(conversation: Conversation) -> None:
    """A step died in its answer, when the one beside it had been answered."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    conversation.post("dying-asks-beside", "start-async", run_id, {"inputData": {"gate": gate}})
    conversation.post("dying-asks-beside", "resume-async", run_id, {"step": "r", "resumeData": {"r": 1}})
    why = {"step": "q", "resumeData": {"why": "a"}}
    die_in_answer(conversation, "dying-asks-beside", run_id, why, gate)
    read_and_restart(conversation, "dying-asks-beside", run_id)
    conversation.post("dying-asks-beside", "resume-async", run_id, why)
    conversation.read_run("dying-asks-beside", run_id)
    conversation.record_value("executions", conversation.executions(run_id))


@scenario(dies=True)
def died_behind_a_nested_answer(conversation: Conversation) -> None:
    """A run that died in a nested workflow, in the step behind the one that was answered."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    conversation.post("dying-asks-outer", "start-async", run_id, {"inputData": {"gate": gate}})
    answer = {"step": ["dying-asks", "q"], "resumeData": {"answer": "a"}}
    die_in_answer(conversation, "dying-asks-outer", run_id, answer, gate)
    read_and_restart(conversation, "dying-asks-outer", run_id)
    conversation.record_value("executions", conversation.executions(run_id))


@scenario(dies=True)
def died_in_an_answer_to_an_item(conversation: Conversation) -> None:
    """A foreach that died after the answer to its second item."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    items = [{"n": 1}, {"n": 2, "gate": gate}]
    conversation.post("dying-asks-items", "start-async", run_id, {"inputData": items})
    conversation.post("dying-asks-items", "resume-async", run_id, {"step": "q", "resumeData": {"by": "a"}})
    waits = {"step": "q", "resumeData": {"wait": True}}
    die_in_answer(conversation, "dying-asks-items", run_id, waits, gate)
    read_and_restart(conversation, "dying-asks-items", run_id)
    conversation.record_value("executions", conversation.executions(run_id))


@scenario(dies=True)
def died_finished(conversation: Conversation) -> None:
    """A run that was done is done; its stream is gone."""
    run_id = conversation.run_id()
    conversation.post("dying-line", "stream", run_id, {"inputData": {}})
    conversation.die()
    conversation.revive()
    conversation.read_run("dying-line", run_id)
    conversation.post("dying-line", "observe", run_id)
    conversation.post("dying-line", "restart-async", run_id)
    conversation.post("dying-line", "time-travel-async", run_id, {"step": "wait", "inputData": {"other": 1}})
    conversation.read_run("dying-line", run_id)


@scenario(dies=True, in_a_hurry=True)
def died_sleeping(conversation: Conversation) -> None:
    """A run that slept does not wake up; a restart sleeps anew."""
    run_id = conversation.run_id()
    conversation.hold_time()
    conversation.post("dying-nap", "create-run", run_id)
    conversation.post("dying-nap", "start", run_id, {"inputData": {}})
    conversation.wait_for_status("dying-nap", run_id, "waiting")
    conversation.die()
    conversation.revive()
    conversation.read_run("dying-nap", run_id)
    conversation.let_time_pass(1)
    finish = conversation.begin("dying-nap", "restart-async", run_id)
    conversation.rest(0.2)
    conversation.let_time_pass(1)
    finish()
    conversation.read_run("dying-nap", run_id)
    conversation.record_value("executions", conversation.executions(run_id))


@scenario(dies=True, in_a_hurry=True)
def died_sleeping_nested(conversation: Conversation) -> None:
    """A nested workflow that slept, likewise."""
    run_id = conversation.run_id()
    conversation.hold_time()
    conversation.post("dying-nap-nested", "create-run", run_id)
    conversation.post("dying-nap-nested", "start", run_id, {"inputData": {}})
    conversation.wait_for_status("dying-nap", run_id, "waiting")
    conversation.die()
    conversation.revive()
    conversation.read_run("dying-nap-nested", run_id)
    finish = conversation.begin("dying-nap-nested", "restart-async", run_id)
    conversation.rest(0.2)
    conversation.let_time_pass(1)
    finish()
    conversation.read_run("dying-nap-nested", run_id)
    conversation.record_value("executions", conversation.executions(run_id))


@scenario(dies=True)
def died_all_restarted(conversation: Conversation) -> None:
    """All active runs are restarted; those that are suspended are left alone."""
    suspended = conversation.run_id()
    conversation.post("dying-asks", "start-async", suspended, {"inputData": {}})
    runs = [conversation.run_id() for _ in range(2)]
    gate = conversation.run_id()
    for run_id in runs:
        conversation.post("dying-together", "create-run", run_id)
        conversation.post("dying-together", "start", run_id, {"inputData": {"gate": gate}})
    conversation.wait_for_gate(gate, 2)
    conversation.die()
    conversation.revive()
    conversation.open_gate(gate)
    conversation.call("POST", "/workflows/dying-together/restart-all-active-workflow-runs-async")
    for run_id in runs:
        conversation.read_run("dying-together", run_id)
    conversation.read_run("dying-asks", suspended)


@scenario(dies=True)
def died_nested(conversation: Conversation) -> None:
    """A run that died in a nested workflow goes on in it, where it stood."""
    run_id = look_and_restart(conversation, "dying-nested")
    conversation.read_run("dying-inner", run_id)


@scenario(dies=True)
def died_nested_parallel(conversation: Conversation) -> None:
    """A run that died in a nested workflow beside a step that was done."""
    look_and_restart(conversation, "dying-nested-parallel")


@scenario(dies=True)
def died_parallel(conversation: Conversation) -> None:
    """Of steps side by side, the one that was not done is executed again."""
    look_and_restart(conversation, "dying-parallel")


@scenario(dies=True)
def died_branching(conversation: Conversation) -> None:
    """Of branches side by side, likewise."""
    look_and_restart(conversation, "dying-branch")


@scenario(dies=True)
def died_items(conversation: Conversation) -> None:
    """A foreach that died at its second item."""
    look_and_restart(conversation, "dying-items", lambda gate: [{"n": 1}, {"n": 2, "gate": gate}, {"n": 3}])


@scenario(dies=True)
def died_items_at_once(conversation: Conversation) -> None:
    """A foreach over two items at once, one of which was done."""
    look_and_restart(conversation, "dying-items-at-once", lambda gate: [{"n": 1}, {"n": 2, "gate": gate}, {"n": 3}])


@scenario(dies=True)
def died_items_nested(conversation: Conversation) -> None:
    """A foreach over a workflow that died at its second item."""
    look_and_run_on(conversation, "dying-items-nested", lambda gate: [{"n": 1}, {"n": 2, "gate": gate}, {"n": 3}])


@scenario(dies=True)
def died_mapped(conversation: Conversation) -> None:
    """A run that died after a mapping, whose id each process makes anew before current servers."""
    look_and_run_on(conversation, "dying-mapped")


@scenario(dies=True)
def died_mapped_suspended(conversation: Conversation) -> None:
    """A run that had suspended after such a mapping."""
    run_id = conversation.run_id()
    conversation.post("dying-mapped-asks", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.die()
    conversation.revive()
    conversation.read_run("dying-mapped-asks", run_id)
    conversation.post("dying-mapped-asks", "resume-async", run_id, {"step": "q", "resumeData": {"answer": "a"}})
    conversation.read_run("dying-mapped-asks", run_id)
    conversation.call("GET", "/workflows/dying-mapped-asks")


@scenario(dies=True)
def died_rested(conversation: Conversation) -> None:
    """A run that died after a sleep, whose id each process makes anew."""
    look_and_run_on(conversation, "dying-rested")


@scenario(dies=True)
def died_looping(conversation: Conversation) -> None:
    """A loop that died in its second round."""
    look_and_restart(conversation, "dying-loop", lambda gate: {"n": 0, "gate": gate})


@scenario(dies=True)
def died_with_state(conversation: Conversation) -> None:
    """The state and the request context are those that were stored."""
    more = {"initialState": {"count": 0, "kept": True}, "requestContext": {"tenant": "a"}}
    look_and_restart(conversation, "dying-state", None, **more)


@scenario(dies=True)
def died_trying(conversation: Conversation) -> None:
    """A step that died in its second try has all its tries again."""
    look_and_restart(conversation, "dying-tried")


@scenario(dies=True)
def died_twice(conversation: Conversation) -> None:
    """A restart that dies itself can be restarted."""
    run_id, gate = start_and_die(conversation, "dying-line")
    finish = conversation.begin("dying-line", "restart-async", run_id)
    conversation.wait_for_gate(gate)
    conversation.die()
    finish()
    conversation.revive()
    conversation.read_run("dying-line", run_id)
    restart(conversation, "dying-line", run_id, gate)


@scenario(dies=True)
def died_travelling(conversation: Conversation) -> None:
    """A run that died in a time travel is restarted where that stood."""
    run_id, gate = conversation.run_id(), conversation.run_id()
    conversation.post("dying-line", "start-async", run_id, {"inputData": {}})
    finish = conversation.begin(
        "dying-line", "time-travel-async", run_id, {"step": "wait", "inputData": {"gate": gate}}
    )
    conversation.wait_for_gate(gate)
    conversation.die()
    finish()
    conversation.revive()
    conversation.read_run("dying-line", run_id)
    restart(conversation, "dying-line", run_id, gate)

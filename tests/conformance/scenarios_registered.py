"""A nested workflow that is registered itself: its runs are listed, read and answered beside those of the outer one."""

from __future__ import annotations

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import scenario


@scenario(alone=True)
def registered_nested_runs(conversation: Conversation) -> None:
    """While the outer run waits, and after its end, the inner workflow lists a run of the same id."""
    run_id = conversation.run_id()
    conversation.post("nested-ask", "start-async", run_id, {"inputData": {"n": 1}})
    for _ in range(2):
        for workflow in ("nested-ask", "inner-ask"):
            conversation.read_run(workflow, run_id)
            conversation.read_run(workflow, run_id, "?fields=result,steps&withNestedWorkflows=false")
            conversation.call("GET", f"/workflows/{workflow}/runs")
            conversation.call("GET", f"/workflows/{workflow}/runs?status=suspended")
        conversation.post("nested-ask", "resume-async", run_id, {"step": "inner-ask", "resumeData": {"answer": "x"}})


@scenario(alone=True)
def registered_nested_with_owner(conversation: Conversation) -> None:
    """A resource of the outer run, and a nested run beside an own run of the same workflow."""
    own, outer = conversation.run_id(), conversation.run_id()
    conversation.post("inner-ask", "create-run", own, {"resourceId": "user-1"})
    conversation.post("inner-ask", "start-async", own, {"inputData": {"n": 2}})
    conversation.post("nested-ask", "create-run", outer, {"resourceId": "user-2"})
    conversation.post("nested-ask", "start-async", outer, {"inputData": {"n": 3}})
    for query in ("", "?resourceId=user-1", "?resourceId=user-2", "?perPage=1&page=0"):
        conversation.call("GET", f"/workflows/inner-ask/runs{query}")
    conversation.post("inner-ask", "resume-async", own, {"resumeData": {"answer": "own"}})
    conversation.call("GET", "/workflows/inner-ask/runs")


@scenario(alone=True)
def registered_nested_deleted(conversation: Conversation) -> None:
    """The nested run is deleted under its own workflow, then the outer one is answered."""
    run_id = conversation.run_id()
    conversation.post("nested-ask", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.call("DELETE", f"/workflows/inner-ask/runs/{run_id}")
    conversation.read_run("inner-ask", run_id)
    conversation.read_run("nested-ask", run_id)
    conversation.post("nested-ask", "resume-async", run_id, {"step": ["inner-ask"], "resumeData": {"answer": "x"}})
    conversation.read_run("nested-ask", run_id)


@scenario()
def registered_nested_observed(conversation: Conversation) -> None:
    """A stream of the outer run is observed under the name of the inner one."""
    run_id = conversation.run_id()
    conversation.post("nested", "stream", run_id, {"inputData": {"n": 1}})
    conversation.read_run("inner", run_id)
    conversation.post("inner", "observe", run_id)
    conversation.post("nested", "observe", run_id)


@scenario()
def registered_nested_answered(conversation: Conversation) -> None:
    """The nested run itself is answered, then the outer one."""
    run_id = conversation.run_id()
    conversation.post("nested-ask", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.post("inner-ask", "resume-async", run_id, {"step": "inner-q", "resumeData": {"answer": "inner"}})
    conversation.read_run("inner-ask", run_id)
    conversation.read_run("nested-ask", run_id)
    conversation.post("nested-ask", "resume-async", run_id, {"resumeData": {"answer": "outer"}})
    conversation.read_run("inner-ask", run_id)
    conversation.read_run("nested-ask", run_id)


@scenario()
def registered_nested_canceled(conversation: Conversation) -> None:
    """One of the two is cancelled while it waits."""
    for canceled in ("inner-ask", "nested-ask"):
        run_id = conversation.run_id()
        conversation.post("nested-ask", "start-async", run_id, {"inputData": {"n": 1}})
        conversation.cancel(canceled, run_id)
        conversation.read_run("inner-ask", run_id)
        conversation.read_run("nested-ask", run_id)
        conversation.post("nested-ask", "resume-async", run_id, {"step": "inner-ask", "resumeData": {"answer": "x"}})
        conversation.read_run("nested-ask", run_id)


@scenario()
def registered_nested_in_two(conversation: Conversation) -> None:
    """Two outer runs hold one each; a run of three levels shows the innermost."""
    for workflow in ("nested-ask", "deep-ask"):
        run_id = conversation.run_id()
        conversation.post(workflow, "start-async", run_id, {"inputData": {"n": 1}})
        conversation.read_run("inner-ask", run_id)
        conversation.read_run(workflow, run_id)
        conversation.read_run(workflow, run_id, "?withNestedWorkflows=false")

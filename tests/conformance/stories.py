"""Stories that are JSON: what is said, in order, to the workflow of a graph.

An act has a `do`, and a `run`, the number of the run that it is about:

- `post`: a `route` and a `body`; the answer is awaited
- `hold`: the same, while a step stands at the graph's gate; `acts` are told meanwhile, then the gate is opened
- `open`: lets all pass who come to the gate
- `read`: with a `query`; `cancel`, `delete`
- `settle`: wait until the run has come as far as it comes by itself
"""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.conversation import POLL_INTERVAL, Begun, Conversation

SETTLED = {"success", "failed", "suspended", "canceled", "tripwire", "paused"}
REST_INTERVAL = 0.05
MOST_LOOKS = 60

Graph = dict[str, Any]
Act = dict[str, Any]


class Storyteller:
    """Tells a story act by act.

    Args:
        conversation: With whom.
        graph: Of the workflow, under an id of its own.
    """

    def __init__(self, conversation: Conversation, graph: Graph) -> None:
        self._conversation = conversation
        self._workflow = str(graph["id"])
        self._run_ids: dict[int, str] = {}
        self._begun: Begun | None = None
        conversation.declare_graph(graph)

    def run_id(self, number: int) -> str:
        """Return the id of the run of this number."""
        if number not in self._run_ids:
            self._run_ids[number] = self._conversation.run_id()
        return self._run_ids[number]

    def begin(self, act: Act) -> Begun:
        """Ask for what does not end before the gate is opened."""
        run_id = self.run_id(act["run"])
        self._begun = self._conversation.begin(self._workflow, act["route"], run_id, act["body"])
        return self._begun

    def finish(self) -> None:
        """Open the gate, and wait for the answer to what was begun."""
        begun, self._begun = self._begun, None
        if begun is not None:
            self._conversation.open_gate(self._workflow)
            begun()

    def tell(self, act: Act) -> None:
        """Tell one act."""
        conversation, workflow, number = self._conversation, self._workflow, act.get("run", 0)
        run_id = self.run_id(number)
        match act["do"]:
            case "post":
                conversation.post(workflow, act["route"], run_id, act["body"])
            case "hold":
                self.begin(act)
                conversation.wait_for_gate(workflow)
                for meanwhile in act["acts"]:
                    self.tell(meanwhile)
                self.finish()
            case "open":
                conversation.open_gate(workflow)
            case "read":
                conversation.read_run(workflow, run_id, act.get("query", ""))
            case "cancel":
                conversation.cancel(workflow, run_id)
                if self._begun is not None:  # what stands at the gate ends, or not, a moment later
                    self._settle(run_id)
            case "delete":
                conversation.call("DELETE", f"/workflows/{workflow}/runs/{run_id}")
            case "settle":
                self._settle(run_id)

    def _settle(self, run_id: str) -> None:
        """Look at a run until it is settled and says the same twice."""
        before: Any = None
        for _ in range(MOST_LOOKS):
            answer = self._conversation.call_unrecorded("GET", f"/workflows/{self._workflow}/runs/{run_id}")
            run = answer.json() if answer.status == 200 else {}
            status = run.get("status") or run.get("snapshot", {}).get("status")
            now = json.dumps(run)
            if now == before and (status in SETTLED or not run):
                return
            before = now
            self._conversation.rest(REST_INTERVAL if status in SETTLED else POLL_INTERVAL)


def tell_story(conversation: Conversation, graph: Graph, story: list[Act]) -> None:
    """Tell a story about a graph."""
    teller = Storyteller(conversation, graph)
    try:
        for act in story:
            teller.tell(act)
    finally:
        teller.finish()

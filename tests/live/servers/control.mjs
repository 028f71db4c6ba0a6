// The control surface of a test server: gates that steps wait at, and a count of every step execution.
import { Hono } from "hono";

/** How often each step body ran: `{ runId, workflow, step }`, one entry per execution. */
const executions = [];

export function countExecution(runId, workflow, step) {
  executions.push({ runId, workflow, step });
}

function tally(entries) {
  const counts = {};
  for (const { step } of entries) counts[step] = (counts[step] ?? 0) + 1;
  return counts;
}

/** A latch with a name: those who arrive wait until it is opened, and once open it stays open. */
class Gate {
  waiting = 0;
  open = false;
  #release;
  #opened = new Promise((resolve) => (this.#release = resolve));
  #onArrival = new Set();

  /** Resolve to "open", or to "aborted" as soon as the optional signal is. */
  async pass(signal) {
    this.waiting += 1;
    for (const notice of this.#onArrival) notice();
    try {
      return await Promise.race([this.#opened.then(() => "open"), aborted(signal)]);
    } finally {
      this.waiting -= 1;
    }
  }

  release() {
    this.open = true;
    this.#release();
  }

  /** Resolve when `count` are waiting here at once. */
  async reached(count) {
    while (this.waiting < count) {
      await new Promise((resolve) => {
        const notice = () => (this.#onArrival.delete(notice), resolve());
        this.#onArrival.add(notice);
      });
    }
  }

  report() {
    return { waiting: this.waiting, open: this.open };
  }
}

function aborted(signal) {
  if (!signal) return new Promise(() => {});
  if (signal.aborted) return Promise.resolve("aborted");
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("aborted"), { once: true }));
}

const gates = new Map();

function gate(name) {
  if (!gates.has(name)) gates.set(name, new Gate());
  return gates.get(name);
}

/** Wait at the named gate; an absent name is an open door. */
export async function waitAtGate(name, signal) {
  return name ? gate(name).pass(signal) : "open";
}

export const control = new Hono().basePath("/__control");

control.get("/executions", (context) => {
  const { runId, workflow } = context.req.query();
  const chosen = executions.filter(
    (entry) => (!runId || entry.runId === runId) && (!workflow || entry.workflow === workflow),
  );
  if (runId || workflow) return context.json(tally(chosen));
  const names = [...new Set(executions.map((entry) => entry.workflow))];
  return context.json(
    Object.fromEntries(names.map((name) => [name, tally(executions.filter((entry) => entry.workflow === name))])),
  );
});

control.get("/gates/:name", async (context) => {
  const chosen = gate(context.req.param("name"));
  // With ?reached=n the answer is held back until n are waiting, so that a test need not poll.
  await chosen.reached(Number(context.req.query("reached") ?? 0));
  return context.json(chosen.report());
});

control.post("/gates/:name/open", (context) => {
  const chosen = gate(context.req.param("name"));
  chosen.release();
  return context.json(chosen.report());
});

// Workflows built of graphs that are JSON; tests/conformance/graph_workflows.py builds the same ones on the fake.
import { TripWire } from "@mastra/core/agent";
import { z } from "zod";

import { waitAtGate } from "../control.mjs";
import { step, workflow } from "./define.mjs";

const anything = z.any();
const MOST_ROUNDS = 4;

function numberOf(value) {
  if (typeof value === "number") return value;
  return typeof value?.n === "number" ? value.n : 0;
}

const thrown = {
  error: () => Object.assign(new Error("outer", { cause: new TypeError("inner") }), { code: "E_OUTER" }),
  range: () => new RangeError("out of range"),
  text: () => "just a text",
  number: () => 5,
  object: () => ({ code: 42, message: "an object" }),
  list: () => [1, 2],
  undefined: () => undefined,
  null: () => null,
  tripwire: () => new TripWire("not allowed", { retry: true, metadata: { score: 0.9 } }, "guard-1"),
};

/** What a step does, by the `do` of its body; given the body, the step's id and the name of its gate. */
const bodies = {
  echo: () => async ({ inputData }) => inputData,
  inc: () => async ({ inputData }) => ({ n: numberOf(inputData) + 1 }),
  give: ({ value }) => async () => value,
  nothing: () => async () => undefined,
  fail: (_, id) => async () => {
    throw new Error(`${id} fails`);
  },
  "fail-odd": () => async ({ inputData }) => {
    if (numberOf(inputData) % 2) throw new Error(`${numberOf(inputData)} is odd`);
    return inputData;
  },
  retry: ({ failures }) => async ({ retryCount }) => {
    if (retryCount < failures) throw new Error(`attempt ${retryCount}`);
    return { attempts: retryCount };
  },
  bail: ({ value }) => async ({ bail }) => bail(value),
  ask: ({ payload, label }) => async ({ resumeData, suspend }) => {
    if (resumeData && !resumeData.again) return { answer: resumeData };
    return suspend(payload, label === undefined ? undefined : { resumeLabel: label });
  },
  state: (_, id) => async ({ state, setState }) => {
    await setState({ ...state, [id]: numberOf(state[id]) + 1 });
    return { seen: { ...state } };
  },
  write: (_, id) => async ({ inputData, writer }) => {
    await writer.write({ from: id });
    await writer.custom({ type: "data-note", data: { from: id } });
    return inputData;
  },
  throw: ({ what }) => async () => {
    throw thrown[what]();
  },
  gate: ({ deaf }, _, gate) => async ({ inputData, abortSignal }) => {
    await waitAtGate(gate, deaf ? undefined : abortSignal);
    return inputData;
  },
  abort: () => async ({ abort, inputData }) => {
    abort();
    return inputData;
  },
};

const conditions = {
  always: () => true,
  never: () => false,
  odd: ({ inputData }) => numberOf(inputData) % 2 !== 0,
  small: ({ inputData }) => numberOf(inputData) < 2,
  second: ({ iterationCount }) => iterationCount === 2,
  throws: () => {
    throw new Error("no condition");
  },
};

/** A loop ends after some rounds, whatever its condition says. */
const loopConditions = {
  dountil: (name) => async (context) => conditions[name](context) || context.iterationCount >= MOST_ROUNDS,
  dowhile: (name) => async (context) => conditions[name](context) && context.iterationCount < MOST_ROUNDS,
};

const mappings = {
  wrap: ({ inputData }) => ({ wrapped: inputData }),
  number: ({ inputData }) => ({ n: numberOf(inputData) }),
  items: ({ inputData }) => [{ n: numberOf(inputData) }, { n: numberOf(inputData) + 1 }],
  nothing: () => undefined,
  fails: () => {
    throw new Error("no map");
  },
};

function buildStep({ id, body, retries, answer }, gate) {
  return step(id, bodies[body.do](body, id, gate), {
    ...(retries !== undefined && { retries }),
    ...(answer && { resume: z.object({ answer: z.string() }) }),
    ...(body.do === "state" && { stateSchema: anything }),
  });
}

function sourcesOf(sources, open, steps) {
  const found = ({ step: id, init, path, ...rest }) => {
    if (id !== undefined) return { step: steps[id], path };
    return init ? { initData: open, path } : rest;
  };
  return Object.fromEntries(Object.entries(sources).map(([key, source]) => [key, found(source)]));
}

/** Each adds its kind of entry to an open workflow. */
const entryKinds = {
  then: (open, { child: only }, made) => open.then(made(only)),
  parallel: (open, { children }, made) => open.parallel(children.map(made)),
  branch: (open, { children, conditions: names }, made) =>
    open.branch(children.map((one, index) => [async (context) => conditions[names[index]](context), made(one)])),
  dountil: (open, { child: only, condition }, made) => open.dountil(made(only), loopConditions.dountil(condition)),
  dowhile: (open, { child: only, condition }, made) => open.dowhile(made(only), loopConditions.dowhile(condition)),
  foreach: (open, { child: only, concurrency }, made) =>
    open.foreach(made(only), concurrency === undefined ? undefined : { concurrency }),
  sleep: (open, { ms }) => open.sleep(ms),
  map: (open, { id, mapping, sources }, _, steps) =>
    open.map(mapping ? async (context) => mappings[mapping](context) : sourcesOf(sources, open, steps), { id }),
};

// A schedule, due once a year, is what makes a workflow the evented engine's.
const engines = { default: {}, evented: { schedule: { cron: "0 0 1 1 *", inputData: {} } } };

/** The workflow of a graph; its steps, and those of the workflows in it, wait at the gate that has its id. */
export function build({ id, entries, attempts, engine = "default" }, gate = id) {
  const open = workflow(id, {
    stateSchema: anything,
    ...engines[engine],
    ...(attempts !== undefined && { retryConfig: { attempts, delay: 0 } }),
  });
  const steps = {};
  const made = (one) => (steps[one.id] = one.entries ? build(one, gate) : buildStep(one, gate));
  for (const entry of entries) entryKinds[entry.kind](open, entry, made, steps);
  return open.commit();
}

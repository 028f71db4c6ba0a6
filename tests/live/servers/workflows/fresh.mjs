// Workflows for stories of mixed kinds: what suspends side by side, bails, throws, gives and waits in odd places.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const same = (id, options) => step(id, async ({ inputData }) => inputData, options);
const give = (id, value) => step(id, async () => value());
const ask = (id) => step(id, async ({ resumeData, suspend }) => resumeData ?? suspend({ ask: id }));

/** A step that asks twice, and gives both answers. */
const askTwice = (id) =>
  step(id, async ({ resumeData, suspendData, suspend }) => {
    if (!resumeData) return suspend({ ask: `${id} 1` });
    if (resumeData.more) return suspend({ ask: `${id} 2`, first: resumeData });
    return { last: resumeData, asked: suspendData };
  });

const arm = (name) => workflow(`arm-${name}`).then(ask(`${name}1`)).then(ask(`${name}2`)).commit();

const itemOf = (id) =>
  step(id, async ({ inputData, resumeData, suspend }) => {
    if (inputData.fail || resumeData?.fail) throw new RangeError(`item ${inputData.n} fails`);
    if (inputData.ask && !resumeData) return suspend({ item: inputData.n }, { resumeLabel: `label-${inputData.n}` });
    return { n: inputData.n, answer: resumeData };
  });

class OwnError extends Error {
  constructor(message) {
    super(message);
    this.name = "OwnError";
    this.when = new Date(0);
    this.nested = { deep: [1, undefined, null] };
  }
}

const THROWN = {
  own: () => new OwnError("mine"),
  nameless: () => Object.assign(new Error("no name"), { name: "" }),
  empty: () => new Error(""),
  aggregate: () => new AggregateError([new Error("one"), "two"], "many"),
  abort: () => new DOMException("The operation was aborted", "AbortError"),
  date: () => new Date(0),
  true: () => true,
  empty_text: () => "",
  nested_list: () => [[1], { a: 1 }],
};

const GIVEN = {
  date: () => new Date(0),
  dates: () => ({ at: new Date(86400000), list: [new Date(1)] }),
  invalid_date: () => ({ at: new Date(NaN) }),
  map: () => ({ map: new Map([["a", 1]]), set: new Set([1]) }),
  nan: () => ({ nan: NaN, infinite: -Infinity, zero: -0 }),
  huge: () => ({ large: 1e21, small: 1e-7, exact: 2 ** 53 + 2, most: Number.MAX_VALUE }),
  undefined_keys: () => ({ a: undefined, b: [undefined, null], c: { d: undefined } }),
  function: () => ({ f: () => 1, g: 2 }),
  only_function: () => () => 1,
  symbol: () => ({ [Symbol("s")]: 1, s: Symbol("s"), t: 1 }),
  error: () => ({ error: new TypeError("as a value") }),
  json: () => ({ toJSON: () => ({ own: "form" }) }),
  class: () => new (class Point {
    x = 1;
    get y() { return 2; }
  })(),
  unicode: () => ({ "": 1, "é": 2, "鏡": { "🎈": 3 }, "a.b": 4, "a b": 5, "\u0000": 6, "\u2028": "\u2029" }),
  text: () => "just text",
  empty_text: () => "",
  zero: () => 0,
  false: () => false,
  bytes: () => new Uint8Array([1, 2]),
  regex: () => ({ r: /a+/g, u: new URL("http://x.test/a?b") }),
};

const throws = Object.entries(THROWN).map(([kind, make]) =>
  workflow(`fresh-throws-${kind}`)
    .then(
      step("throws", async () => {
        throw make();
      }),
    )
    .commit(),
);
const gives = Object.entries(GIVEN).map(([kind, make]) =>
  workflow(`fresh-gives-${kind}`).then(give("give", make)).then(same("last")).commit(),
);

const count = (id) => step(id, async ({ state, setState }) => {
  await setState({ ...state, n: (state.n ?? 0) + 1, seen: [...(state.seen ?? []), id] });
  return { n: state.n ?? 0 };
}, { stateSchema: z.any() });

const bails = (id) => step(id, async ({ inputData, bail }) => (inputData.bail === id ? bail({ from: id }) : inputData));

const context = (id) => step(id, async ({ requestContext, inputData }) => {
  const before = Object.fromEntries(requestContext.entries());
  requestContext.set(id, { seen: Object.keys(before).length });
  return { ...inputData, [id]: before };
});

const flaky = (id, failures, options) =>
  step(id, async ({ retryCount }) => {
    if (retryCount < failures) throw new Error(`${id} ${retryCount}`);
    return { id, retryCount };
  }, options);

const carelessly = (kind) => step("careless", async ({ suspend, resumeData, bail }) => {
  if (resumeData) return { resumed: resumeData };
  if (kind === "goes-on") {
    await suspend({ ask: "anyone?" });
    return { went: "on" };
  }
  if (kind === "throws") {
    await suspend({ ask: "anyone?" });
    throw new Error("after all");
  }
  if (kind === "twice") {
    await suspend({ ask: "first" });
    return suspend({ ask: "second" });
  }
  if (kind === "bails") {
    await suspend({ ask: "anyone?" });
    return bail({ left: true });
  }
  return suspend();
});

const sees = (id, names) => step(id, async ({ getStepResult, getInitData, inputData }) => ({
  init: getInitData(),
  got: names.map((name) => getStepResult(name) ?? null),
  inputData,
}));

const counted = () => step("counted", async ({ inputData }) => ({ n: (inputData.n ?? 0) + 1 }));
const loopAsk = () => step("loop-ask", async ({ inputData, resumeData, suspend }) =>
  resumeData || inputData.n < 2 ? { n: inputData.n + 1, answer: resumeData } : suspend({ at: inputData.n }));

const all = [
  ...throws,
  ...gives,
  workflow("fresh-arms").parallel([arm("a"), arm("b")]).then(same("join")).commit(),
  workflow("fresh-twice-beside").parallel([askTwice("p"), askTwice("q")]).then(same("join")).commit(),
  workflow("fresh-items").foreach(itemOf("item"), { concurrency: 2 }).then(same("after")).commit(),
  workflow("fresh-items-nested")
    .foreach(workflow("fresh-item").then(itemOf("item")).then(same("kept")).commit(), { concurrency: 2 })
    .then(same("after"))
    .commit(),
  workflow("fresh-until-asleep")
    .dountil(workflow("fresh-nap").sleep(1).then(counted()).commit(), async ({ inputData }) => inputData.n >= 3)
    .then(same("after"))
    .commit(),
  workflow("fresh-until-asking")
    .dountil(workflow("fresh-round").then(loopAsk()).commit(), async ({ inputData }) => inputData.n >= 4)
    .then(same("after"))
    .commit(),
  workflow("fresh-none")
    .branch([
      [async () => false, same("one")],
      [async () => null, same("two")],
    ])
    .then(same("after"))
    .commit(),
  workflow("fresh-bails")
    .then(workflow("fresh-bails-inner").then(bails("inside")).then(same("skipped")).commit())
    .then(bails("between"))
    .parallel([bails("left"), bails("right")])
    .then(same("after"))
    .commit(),
  workflow("fresh-bails-items").foreach(bails("item")).then(same("after")).commit(),
  workflow("fresh-bails-loop").dountil(bails("round"), async () => true).then(same("after")).commit(),
  workflow("fresh-state", { stateSchema: z.object({ n: z.number().default(5), seen: z.array(z.string()).default([]) }) })
    .then(count("s1"))
    .parallel([count("s2"), same("beside")])
    .then(workflow("fresh-state-inner", { stateSchema: z.any() }).then(count("s3")).commit())
    .foreach(same("nothing"))
    .then(count("s4"))
    .commit(),
  workflow("fresh-context").then(context("c1")).then(ask("q")).then(context("c2")).commit(),
  workflow("fresh-context-nested")
    .then(context("c1"))
    .then(workflow("fresh-context-inner").then(context("c2")).then(ask("q")).then(context("c3")).commit())
    .then(context("c4"))
    .commit(),
  workflow("fresh-retries", { retryConfig: { attempts: 2, delay: 5 } })
    .then(flaky("twice", 2))
    .then(flaky("own", 1, { retries: 1 }))
    .then(flaky("never", 9, { retries: 0 }))
    .commit(),
  workflow("fresh-retries-items", { retryConfig: { attempts: 1, delay: 1 } })
    .foreach(flaky("each", 1), { concurrency: 2 })
    .commit(),
  workflow("fresh-past").sleepUntil(new Date(0)).sleepUntil(async () => new Date(5)).then(same("after")).commit(),
  workflow("fresh-sleeps").sleep(0).sleep(async () => -5).then(same("after")).commit(),
  ...["goes-on", "throws", "twice", "bails", "nothing"].map((kind) =>
    workflow(`fresh-careless-${kind}`).then(carelessly(kind)).then(same("after")).commit(),
  ),
  workflow("fresh-sees")
    .then(counted())
    .branch([
      [async () => true, same("taken")],
      [async () => false, same("left")],
    ])
    .then(workflow("fresh-sees-inner").then(counted()).then(sees("inside", ["counted", "taken", "nowhere"])).commit())
    .then(sees("outside", ["counted", "taken", "left", "fresh-sees-inner", "inside"]))
    .commit(),
  workflow("fresh-defaults", {
    input: z.object({
      n: z.number().int().default(3),
      several: z.array(z.object({ a: z.string().default("x") })).default([]),
    }),
  })
    .then(same("first", { input: z.object({ n: z.number(), extra: z.boolean().default(true) }) }))
    .then(same("last"))
    .commit(),
  workflow("fresh-nothing").then(give("none", () => undefined)).then(same("after")).commit(),
  workflow("fresh-nothing-beside")
    .parallel([give("none", () => undefined), give("null", () => null)])
    .then(same("after"))
    .commit(),
  workflow("fresh-mapped")
    .parallel([give("left", () => ({ v: { deep: [1, 2] } })), give("right", () => ({ v: "r" }))])
    .map(async ({ inputData, getStepResult, getInitData }) => ({
      both: [inputData.left.v, inputData.right.v],
      left: getStepResult("left"),
      init: getInitData(),
    }), { id: "shape" })
    .then(same("after"))
    .commit(),
  workflow("fresh-writes")
    .foreach(
      workflow("fresh-writes-inner")
        .then(
          step("write", async ({ inputData, writer }) => {
            await writer.write({ item: inputData });
            await writer.custom({ type: "data-item", data: inputData });
            await writer.custom({ type: "note", payload: { item: inputData } });
            return inputData;
          }),
        )
        .commit(),
    )
    .commit(),
];

export const freshWorkflows = Object.fromEntries(all.map((declared) => [declared.id, declared]));

// Workflows for the conformance corpus: the corners that the others leave out.
import { TripWire } from "@mastra/core/agent";
import { z } from "zod";

import { waitAtGate } from "../control.mjs";
import { step, workflow } from "./define.mjs";

const number = z.object({ n: z.number() });
const answer = z.object({ answer: z.string() });

/** A step that passes its input on. */
const same = (id) => step(id, async ({ inputData }) => inputData);

/** A step that suspends with a question and, once resumed, passes the answer on. */
const ask = (id) =>
  step(
    id,
    async ({ resumeData, suspend }) => (resumeData ? { answer: resumeData.answer } : suspend({ ask: `${id}?` })),
    { resume: answer },
  );

/** A step that writes before and after its work. */
const writes = (id) =>
  step(id, async ({ inputData, writer }) => {
    await writer.write({ from: id });
    await writer.custom({ type: "data-note", data: { from: id } });
    return { [id]: inputData.n };
  });

const add = step("add", async ({ inputData }) => ({ n: inputData.n + 1 }), { input: number, output: number });
const twice = step("twice", async ({ inputData }) => ({ n: inputData.n * 2 }), { input: number, output: number });
const arithmetic = workflow("conf-arithmetic", { input: number, output: number }).then(add).then(twice).commit();
const question = workflow("conf-question").then(same("prepare")).then(ask("inner-q")).commit();

const lookup = step("lookup", async ({ inputData }) => ({ deep: { name: `hi ${inputData.tag}` } }));
const mapSources = workflow("conf-map", { input: z.object({ tag: z.string() }) });
mapSources
  .then(lookup)
  .map(
    {
      name: { step: lookup, path: "deep.name" },
      whole: { step: lookup, path: "." },
      tag: { initData: mapSources, path: "tag" },
      fixed: { value: 1 },
      language: { requestContextPath: "language" },
    },
    { id: "shape" },
  )
  .then(same("last"))
  .commit();

const badPath = workflow("conf-map-bad-path");
badPath
  .then(step("flat", async () => ({ name: "x" })))
  .map({ deep: { initData: badPath, path: "a.b.c" } }, { id: "shape" })
  .commit();

const parallelNested = workflow("conf-parallel-nested", { input: number }).parallel([arithmetic, add]).then(same("join")).commit();
const parallelWriters = workflow("conf-parallel-writers", { input: number }).parallel([writes("a"), writes("b")]).commit();
const parallelQuestions = workflow("conf-parallel-questions").parallel([question, ask("outer-q")]).then(same("join")).commit();
const parallelBail = workflow("conf-parallel-bail", { input: number })
  .parallel([step("bails", async ({ bail }) => bail({ left: true })), add])
  .then(same("join"))
  .commit();

const branchAsk = workflow("conf-branch-ask", { input: number })
  .branch([
    [async ({ inputData }) => inputData.n > 99, ask("large")],
    [async ({ inputData }) => inputData.n > 0, ask("positive")],
    [
      async () => {
        throw new Error("no condition");
      },
      same("never"),
    ],
  ])
  .then(same("join"))
  .commit();

const branchBlock = workflow("conf-branch-block")
  .branch([
    [async () => true, same("stays")],
    [async () => true, ask("asks")],
  ])
  .parallel([same("beside")])
  .commit();

const loopAsk = workflow("conf-loop-ask", { input: number })
  .dountil(
    step(
      "guess",
      async ({ inputData, resumeData, suspend }) =>
        resumeData ? { n: inputData.n + resumeData.more } : suspend({ have: inputData.n }),
      { input: number, output: number, resume: z.object({ more: z.number() }) },
    ),
    async ({ inputData }) => inputData.n > 9,
  )
  .then(same("last"))
  .commit();

const loopNested = workflow("conf-loop-nested", { input: number }).dowhile(arithmetic, async ({ inputData }) => inputData.n < 20).commit();
const loopFails = workflow("conf-loop-fails", { input: number })
  .dowhile(
    step("risky", async ({ inputData }) => {
      if (inputData.n > 1) throw new Error("too many");
      return { n: inputData.n + 1 };
    }),
    async () => true,
  )
  .commit();

const loopThrows = workflow("conf-loop-throws", { input: number })
  .dowhile(add, async () => {
    throw new Error("no idea");
  })
  .then(same("after"))
  .commit();
const sleepThrows = workflow("conf-sleep-throws")
  .then(same("before"))
  .sleep(async () => {
    throw new Error("sleepless");
  })
  .commit();

const foreachQuestions = workflow("conf-foreach-questions").foreach(question, { concurrency: 2 }).commit();
const foreachNestedFails = workflow("conf-foreach-nested-fails")
  .foreach(
    workflow("conf-item", { input: number })
      .then(
        step("check", async ({ inputData }) => {
          if (inputData.n < 0) throw new Error("negative");
          return inputData;
        }),
      )
      .commit(),
  )
  .commit();

const retryConfig = workflow("conf-retry-config", { retryConfig: { attempts: 2, delay: 5 } })
  .then(
    step("flaky", async ({ retryCount }) => {
      throw new Error(`attempt ${retryCount + 1}`);
    }),
  )
  .commit();

const suspendSchema = workflow("conf-suspend-schema", { input: z.object({ good: z.boolean() }) })
  .then(
    step("q", async ({ inputData, resumeData, suspend }) =>
      resumeData ? resumeData : suspend(inputData.good ? { ask: "q?", more: 1 } : { ask: 1 }), {
      suspendSchema: z.object({ ask: z.string() }),
      resume: z.any(),
    }),
  )
  .commit();

const suspendBare = workflow("conf-suspend-bare")
  .then(step("q", async ({ resumeData, suspend }) => (resumeData ? resumeData : suspend())))
  .commit();

const suspendOutput = workflow("conf-suspend-output")
  .then(
    step("q", async ({ resumeData, suspend }) => {
      if (resumeData) return { answered: resumeData };
      await suspend({ ask: "q?" });
      return { partial: true };
    }),
  )
  .commit();

const state = z.object({ log: z.array(z.string()) });
const notes = (id, extra = {}) =>
  step(
    id,
    async ({ state, setState }) => {
      await setState({ log: [...(state.log ?? []), id], ...extra });
      return { seen: { ...state } };
    },
    { stateSchema: z.any() },
  );
const stateNested = workflow("conf-state-nested", { stateSchema: z.any() })
  .then(notes("first", { a: 1 }))
  .then(workflow("conf-state-inner", { stateSchema: z.any() }).then(notes("inside")).commit())
  .parallel([notes("left", { l: 1 }), notes("right", { r: 1 })])
  .then(notes("last"))
  .commit();
const stateRefused = workflow("conf-state-refused")
  .then(step("wrong", async ({ setState }) => setState({ log: 5 }), { stateSchema: state }))
  .commit();

const bailNested = workflow("conf-bail-nested")
  .then(
    workflow("conf-bailing")
      .then(step("leave", async ({ bail }) => bail({ left: "early" })))
      .then(same("not-reached"))
      .commit(),
  )
  .then(same("after"))
  .commit();

const unchecked = workflow("conf-unchecked", { input: number, options: { validateInputs: false } }).then(add).commit();

const nothing = workflow("conf-nothing", { input: z.object({ what: z.string() }) })
  .then(
    step("give", async ({ inputData }) => ({ undefined: undefined, null: null, empty: "", zero: 0, false: false })[inputData.what]),
  )
  .commit();
const nothingBetween = workflow("conf-nothing-between")
  .then(step("give", async () => undefined))
  .then(step("count", async ({ inputData }) => ({ has: inputData !== undefined })))
  .commit();

const contextSet = workflow("conf-context-set")
  .then(
    step("set", async ({ requestContext }) => {
      requestContext.set("made", { by: "set" });
      return {};
    }),
  )
  .then(ask("q"))
  .then(step("read", async ({ requestContext }) => Object.fromEntries(requestContext.entries())))
  .commit();

const stepContext = workflow("conf-step-context")
  .then(step("needs", async () => ({}), { requestContextSchema: z.object({ tenant: z.string() }) }))
  .commit();

const aborting = workflow("conf-aborting")
  .then(
    step("gives-up", async ({ abort, abortSignal }) => {
      abort();
      return { aborted: abortSignal.aborted };
    }),
  )
  .then(same("after"))
  .commit();

const longSleep = workflow("conf-long-sleep", { input: z.object({ gate: z.string().optional() }) })
  .then(same("before"))
  .sleep(60_000)
  .then(same("after"))
  .commit();

const results = workflow("conf-results", { input: z.any() })
  .then(step("give", async () => ({ given: 1 })))
  .then(
    step("look", async ({ getStepResult, getInitData, runId, workflowId, retryCount, resourceId }) => ({
      give: getStepResult("give"),
      none: getStepResult("nope"),
      init: getInitData(),
      workflowId,
      retryCount,
      hasRunId: typeof runId === "string",
      resourceId,
    })),
  )
  .commit();

const writerNested = workflow("conf-writer-nested", { input: number })
  .then(workflow("conf-writing", { input: number }).then(writes("w")).commit())
  .commit();
const writerQuestion = workflow("conf-writer-question")
  .then(
    step("q", async ({ resumeData, suspend, writer }) => {
      await writer.write({ asked: !resumeData });
      await writer.custom({ type: "data-asked", data: { asked: !resumeData } });
      return resumeData ? resumeData : suspend({});
    }),
  )
  .commit();

const tripwireNested = workflow("conf-tripwire-nested")
  .then(
    workflow("conf-guarded")
      .then(
        step("guard", async () => {
          throw new TripWire("inner guard", { retry: false, metadata: { deep: true } }, "guard-2");
        }),
      )
      .commit(),
  )
  .commit();

const failsBeside = workflow("conf-fails-beside", { input: z.object({ gate: z.string().optional() }) })
  .parallel([
    step("fails", async () => {
      throw new Error("at once");
    }),
    step("waits", async ({ inputData }) => {
      await waitAtGate(inputData.gate);
      return { waited: true };
    }),
    ask("asks"),
  ])
  .commit();

const described = workflow("conf-described", {
  description: "what it is for",
  input: z.object({
    text: z.string().min(2).max(5),
    whole: z.int().min(1).max(9),
    real: z.number().gt(0).lt(1),
    list: z.array(z.number()).min(1).max(2),
    flag: z.boolean().optional(),
    choice: z.enum(["a", "b"]),
    exact: z.literal("x"),
    either: z.union([z.string(), z.number()]),
    maybe: z.string().nullable(),
    email: z.email(),
  }),
})
  .then(step("look", async ({ inputData }) => inputData, { description: "looks", metadata: { team: "x", size: 2 } }))
  .commit();

const mixed = workflow("conf-mixed", { input: number })
  .then(add)
  .map(async ({ inputData }) => [inputData.n, inputData.n + 1], { id: "to-list" })
  .foreach(step("square", async ({ inputData }) => inputData * inputData, { input: z.number() }), { concurrency: 5 })
  .map(async ({ inputData }) => ({ n: inputData[0] }), { id: "to-object" })
  .parallel([arithmetic, twice])
  .branch([[async ({ inputData }) => inputData.twice.n > 0, step("big", async ({ inputData }) => ({ n: inputData.twice.n }))]])
  .map(async ({ inputData }) => inputData.big, { id: "pick" })
  .dountil(add, async ({ inputData }) => inputData.n % 5 === 0)
  .commit();

export const conformanceWorkflows = Object.fromEntries(
  [
    arithmetic,
    question,
    mapSources,
    badPath,
    parallelNested,
    parallelWriters,
    parallelQuestions,
    parallelBail,
    branchAsk,
    branchBlock,
    loopAsk,
    loopNested,
    loopFails,
    loopThrows,
    sleepThrows,
    foreachQuestions,
    foreachNestedFails,
    retryConfig,
    suspendSchema,
    suspendBare,
    suspendOutput,
    stateNested,
    stateRefused,
    bailNested,
    unchecked,
    nothing,
    nothingBetween,
    contextSet,
    stepContext,
    aborting,
    longSleep,
    results,
    writerNested,
    writerQuestion,
    tripwireNested,
    failsBeside,
    described,
    mixed,
  ].map((one) => [one.id, one]),
);

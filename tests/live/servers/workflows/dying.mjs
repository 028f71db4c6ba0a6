// Workflows whose server dies in the midst of them: steps that wait at the gate that their input names.
import { z } from "zod";

import { waitAtGate } from "../control.mjs";
import { step, workflow } from "./define.mjs";

const same = (id) => step(id, async ({ inputData }) => inputData);

const held = (id, options) =>
  step(
    id,
    async ({ inputData }) => {
      await waitAtGate(inputData?.gate);
      return inputData;
    },
    options,
  );

const line = workflow("dying-line").then(same("first")).then(held("wait")).then(same("last")).commit();

const inner = workflow("dying-inner").then(same("begin")).then(held("wait")).commit();
const nested = workflow("dying-nested").then(same("first")).then(inner).then(same("last")).commit();
const nestedParallel = workflow("dying-nested-parallel").parallel([same("beside"), inner]).then(same("last")).commit();

const parallel = workflow("dying-parallel").parallel([same("left"), held("right")]).then(same("last")).commit();

const branch = workflow("dying-branch")
  .branch([
    [async () => true, held("left")],
    [async () => false, same("middle")],
    [async () => true, same("right")],
  ])
  .then(same("last"))
  .commit();

const items = workflow("dying-items").foreach(held("item")).then(same("last")).commit();
const itemsAtOnce = workflow("dying-items-at-once").foreach(held("item"), { concurrency: 2 }).then(same("last")).commit();
const itemsNested = workflow("dying-items-nested").foreach(inner).then(same("last")).commit();

const loop = workflow("dying-loop")
  .dountil(
    step("round", async ({ inputData }) => {
      if (inputData.n === 1) await waitAtGate(inputData.gate);
      return { ...inputData, n: inputData.n + 1 };
    }),
    async ({ inputData }) => inputData.n > 2,
  )
  .then(same("last"))
  .commit();

const state = workflow("dying-state", { stateSchema: z.any() })
  .then(
    step("set", async ({ inputData, setState, requestContext }) => {
      await setState({ count: 1 });
      requestContext.set("set", true);
      return inputData;
    }),
  )
  .then(held("wait"))
  .then(
    step("tell", async ({ state, requestContext }) => ({
      state,
      tenant: requestContext.get("tenant"),
      set: requestContext.get("set"),
    })),
  )
  .commit();

const tried = workflow("dying-tried")
  .then(
    step(
      "tries",
      async ({ inputData, retryCount }) => {
        if (retryCount === 0) throw new Error("once");
        await waitAtGate(inputData.gate);
        return { retryCount };
      },
      { retries: 1 },
    ),
  )
  .commit();

const writes = workflow("dying-writes")
  .then(
    step("writes", async ({ inputData, writer }) => {
      await writer.write({ at: "begin" });
      await waitAtGate(inputData.gate);
      await writer.write({ at: "end" });
      return { wrote: true };
    }),
  )
  .then(same("last"))
  .commit();

const ask = step("q", async ({ inputData, resumeData, suspend }) =>
  resumeData ? { ...inputData, ...resumeData } : suspend({ ask: "?" }),
);

const asks = workflow("dying-asks")
  .then(ask)
  .then(held("wait"))
  .commit();

const askTwice = () =>
  step("q", async ({ inputData, resumeData, suspend }) => {
    if (!resumeData) return suspend({ ask: "who?" });
    if (resumeData.who) return suspend({ ask: "why?" });
    await waitAtGate(inputData.gate);
    return resumeData;
  });

const asksTwice = workflow("dying-asks-twice").then(askTwice()).then(same("last")).commit();
const asksOuter = workflow("dying-asks-outer").then(asks).then(same("last")).commit();
const asksTwiceInner = workflow("dying-asks-twice-inner").then(askTwice()).commit();
const asksNested = workflow("dying-asks-nested").then(asksTwiceInner).then(same("last")).commit();

const asksBeside = workflow("dying-asks-beside")
  .parallel([askTwice(), step("r", async ({ resumeData, suspend }) => resumeData ?? suspend({ ask: "r?" }))])
  .then(same("last"))
  .commit();

const asksItems = workflow("dying-asks-items")
  .foreach(
    step("q", async ({ inputData, resumeData, suspend }) => {
      if (!resumeData) return suspend({ ask: inputData.n });
      if (resumeData.wait) await waitAtGate(inputData.gate);
      return { n: inputData.n, ...resumeData };
    }),
  )
  .then(same("last"))
  .commit();

const together = workflow("dying-together").then(held("wait")).commit();

const mapped = workflow("dying-mapped")
  .then(same("first"))
  .map(async ({ inputData }) => ({ ...inputData, mapped: true }))
  .then(held("wait"))
  .map(async ({ inputData }) => ({ ...inputData, again: true }))
  .commit();

const mappedAsks = workflow("dying-mapped-asks")
  .then(same("first"))
  .map(async ({ inputData }) => ({ ...inputData, mapped: true }))
  .then(ask)
  .then(same("last"))
  .commit();

const rested = workflow("dying-rested").then(same("first")).sleep(1).then(held("wait")).then(same("last")).commit();

const nap = workflow("dying-nap").then(same("before")).sleep(700).then(same("after")).commit();
const napNested = workflow("dying-nap-nested").then(nap).then(same("last")).commit();

export const dyingWorkflows = Object.fromEntries(
  [
    line,
    inner,
    nested,
    nestedParallel,
    parallel,
    branch,
    items,
    itemsAtOnce,
    itemsNested,
    loop,
    state,
    tried,
    writes,
    asks,
    asksTwice,
    asksOuter,
    asksTwiceInner,
    asksNested,
    asksBeside,
    asksItems,
    together,
    mapped,
    mappedAsks,
    rested,
    nap,
    napNested,
  ].map((made) => [made.id, made]),
);

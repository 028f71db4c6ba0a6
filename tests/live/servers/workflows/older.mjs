// Workflows for what servers before `current` do otherwise.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

/** A step that passes its input on. */
const same = (id) => step(id, async ({ inputData }) => inputData);

/** A step that suspends with a question and, once resumed, passes the answer on; it fails if it is told to. */
const ask = (id) =>
  step(id, async ({ resumeData, suspend }) => {
    if (resumeData?.fail) throw new Error(`${id} fails`);
    return resumeData ?? suspend({ ask: `${id}?` });
  });

/** A step that tells how often it was tried. */
const counts = (id) => step(id, async ({ inputData, retryCount }) => ({ n: (inputData?.n ?? 0) + 1, retryCount }));

class OwnError extends Error {}

const named = Object.assign(new Error("named otherwise"), { name: "Otherwise" });
const THROWN = {
  type: () => new TypeError("a type"),
  own: () => new OwnError("of a class"),
  named: () => named,
  empty: () => new Error(""),
  cause: () => new RangeError("outer", { cause: new TypeError("inner") }),
  null: () => null,
  undefined: () => undefined,
  zero: () => 0,
  five: () => 5,
  true: () => true,
  false: () => false,
  text: () => "",
  list: () => [1, "a"],
  object: () => ({ code: 42 }),
  message: () => ({ message: "a text", code: 42 }),
  number: () => ({ message: 5 }),
  likeAnError: () => ({ code: 42, cause: { message: "inner" }, name: "Otherwise", message: "a text" }),
};
const throws = (id) =>
  step(id, async ({ inputData }) => {
    throw THROWN[inputData.kind]();
  });

const napping = workflow("older-napping").then(same("before")).sleep(1000).then(same("after")).commit();
const sleeps = workflow("older-sleeps").then(napping).then(same("last")).commit();
const naps = workflow("older-nap").then(same("before")).sleep(1000).then(same("after")).commit();
const napsUntil = workflow("older-nap-until")
  .sleepUntil(async () => new Date(Date.now() + 1000))
  .then(same("after"))
  .commit();
const napsAfter = workflow("older-nap-after").then(workflow("older-rested").then(same("rest")).commit()).sleep(1000).commit();
const napsLast = workflow("older-nap-last").sleep(1000).commit();

const countRounds = workflow("older-count-rounds")
  .dountil(counts("count"), async ({ inputData }) => inputData.n > 2)
  .then(counts("other"))
  .then(counts("count"))
  .commit();
const countItems = workflow("older-count-items").foreach(counts("count"), { concurrency: 2 }).commit();
const countTries = workflow("older-count-tries")
  .dowhile(
    step(
      "count",
      async ({ inputData, retryCount }) => {
        if (retryCount % 2 === 0) throw new Error(`attempt ${retryCount}`);
        return { n: inputData.n + 1, retryCount };
      },
      { retries: 1 },
    ),
    async ({ inputData }) => inputData.n < 3,
  )
  .map(async ({ inputData, retryCount }) => ({ ...inputData, mapped: retryCount }), { id: "to-object" })
  .commit();
const counting = workflow("older-counting").then(counts("count")).then(counts("count")).commit();
const countNested = workflow("older-count-nested").foreach(counting).then(counting).then(counts("count")).commit();
const countAsks = workflow("older-count-asks")
  .dountil(
    step("q", async ({ inputData, resumeData, retryCount, suspend }) =>
      resumeData ? { n: (inputData?.n ?? 0) + 1, retryCount } : suspend({ retryCount })),
    async ({ inputData }) => inputData.n > 1,
  )
  .commit();

const giveItems = workflow("older-give-items")
  .foreach(step("give", async ({ inputData }) => inputData.give))
  .then(same("rest"))
  .commit();
const giveItemsBeside = workflow("older-give-items-beside")
  .foreach(step("give", async ({ inputData }) => inputData.give), { concurrency: 2 })
  .commit();
const giveRounds = workflow("older-give-rounds")
  .dountil(
    step("give", async ({ inputData }) => inputData.give),
    async ({ inputData }) => inputData?.give === undefined,
  )
  .then(step("rest", async ({ inputData }) => ({ has: inputData !== undefined, inputData })))
  .commit();
const endRounds = workflow("older-end-rounds")
  .dountil(
    step("end", async ({ inputData, suspend, bail, resumeData }) => {
      if (resumeData) return { how: "end", resumeData };
      if (inputData.how === "give") return { how: inputData.then };
      if (inputData.how === "fail") throw new Error("as told");
      if (inputData.how === "suspend") return suspend();
      if (inputData.how === "ask") return suspend({ ask: "q?" });
      return bail();
    }),
    async ({ inputData }) => inputData.how === "end",
  )
  .commit();
const askTwice = workflow("older-ask-twice")
  .then(
    step("q", async ({ resumeData, suspend, suspendData }) => {
      if (!resumeData) return suspend({ ask: "first?" });
      return suspendData?.ask ? suspend() : undefined;
    }),
  )
  .commit();

const question = workflow("older-question").then(same("prepare")).then(ask("q")).commit();
const parallelAsk = workflow("older-parallel-ask").parallel([question, ask("p")]).then(same("join")).commit();
const parallelOnly = workflow("older-parallel-only").parallel([question, same("beside")]).then(same("join")).commit();
const branchAsk = workflow("older-branch-ask")
  .branch([
    [async () => true, question],
    [async () => true, ask("p")],
  ])
  .then(same("join"))
  .commit();

const maybe = workflow("older-maybe")
  .then(same("prepare"))
  .then(step("q", async ({ inputData, resumeData, suspend }) =>
    resumeData ? { ...inputData, ...resumeData } : inputData.ask ? suspend({ ask: inputData.ask }) : inputData))
  .commit();
const context = step("context", async ({ inputData, requestContext }) => ({
  inputData,
  context: Object.fromEntries(requestContext.entries()),
}));
const items = workflow("older-items").foreach(maybe).then(context).commit();
const itemsBeside = workflow("older-items-beside").foreach(maybe, { concurrency: 2 }).then(context).commit();

const deep = workflow("older-deep").then(maybe).then(same("last")).commit();
const itemsDeep = workflow("older-items-deep").foreach(deep, { concurrency: 2 }).commit();
const maybeFail = (id) =>
  step(id, async ({ inputData }) => {
    if (inputData.fail === id) throw new Error(`${id} fails`);
    return { [id]: inputData };
  });
const block = workflow("older-block").parallel([maybeFail("a"), maybeFail("b")]).then(same("join")).commit();
const itemsBlock = workflow("older-items-block").foreach(block, { concurrency: 3 }).commit();
const countItemsNested = workflow("older-count-items-nested").foreach(counting, { concurrency: 2 }).commit();

const first = step("first", async ({ inputData }) => ({ name: inputData.name }));
const template = workflow("older-template")
  .then(first)
  .map({ text: { template: "hi ${stepResults.first.name}" }, fixed: { value: 1 } }, { id: "shape" })
  .commit();

const owner = (id) =>
  step(id, async ({ inputData, resourceId }) => ({ ...inputData, [id]: resourceId ?? "nobody's" }));
const owned = workflow("older-owned").then(owner("inside")).commit();
const owning = workflow("older-owner").then(owner("outside")).then(owned).then(owner("again")).commit();

const thrown = workflow("older-throws").then(throws("boom")).commit();
const thrownNested = workflow("older-throws-nested").then(workflow("older-throwing").then(throws("boom")).commit()).commit();

const beside = workflow("older-beside").parallel([maybeFail("a"), maybeFail("b"), maybeFail("c")]).then(same("join")).commit();
const nestedBeside = workflow("older-nested-beside").parallel([maybeFail("a"), question]).then(same("join")).commit();

export const olderWorkflows = Object.fromEntries(
  [
    napping,
    sleeps,
    naps,
    napsUntil,
    napsAfter,
    napsAfter.steps["older-rested"],
    napsLast,
    countRounds,
    countItems,
    countTries,
    countNested,
    countAsks,
    giveItems,
    giveItemsBeside,
    giveRounds,
    endRounds,
    askTwice,
    question,
    maybe,
    parallelAsk,
    parallelOnly,
    branchAsk,
    items,
    itemsBeside,
    itemsDeep,
    block,
    itemsBlock,
    countItemsNested,
    template,
    owned,
    owning,
    thrown,
    thrownNested,
    beside,
    nestedBeside,
  ].map((one) => [one.id, one]),
);

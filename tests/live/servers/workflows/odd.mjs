// Workflows whose inputs are missing and whose functions give odd values.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

/** A step that passes its input on. */
const same = (id) => step(id, async ({ inputData }) => inputData);

/** A step that gives the `value` of its input. */
const give = () => step("give", async ({ inputData }) => inputData?.value);

/** A step that fails. */
const fails = (id) =>
  step(id, async () => {
    throw new Error("as told");
  });

const inner = () => workflow("odd-inner").then(same("first")).then(fails("fails")).commit();
const middle = () => workflow("odd-middle").then(inner()).commit();

const nested = workflow("odd-nested").then(give()).then(inner()).commit();
const retried = workflow("odd-retried", { retryConfig: { attempts: 1 } }).then(give()).then(inner()).commit();
const deep = workflow("odd-deep").then(give()).then(middle()).commit();
const parallel = workflow("odd-parallel").then(give()).parallel([same("left"), inner()]).commit();
const foreach = workflow("odd-foreach").foreach(inner()).commit();
const loop = workflow("odd-loop").then(give()).dountil(inner(), async () => true).commit();
const branch = workflow("odd-branch")
  .branch([
    [async ({ inputData }) => inputData.value, same("left")],
    [async () => true, same("right")],
  ])
  .commit();
const until = workflow("odd-until")
  .dountil(same("again"), async ({ inputData, iterationCount }) => inputData[iterationCount - 1])
  .commit();
const during = workflow("odd-while")
  .dowhile(same("again"), async ({ inputData, iterationCount }) => inputData[iterationCount - 1])
  .commit();
const sleep = workflow("odd-sleep").sleep(async ({ inputData }) => inputData?.value).then(same("rest")).commit();
const state = workflow("odd-state", { stateSchema: z.any() })
  .then(step("set", async ({ inputData, setState }) => (await setState(inputData.value), inputData)))
  .then(step("look", async ({ state }) => ({ state })))
  .commit();

const empty = workflow("odd-empty").commit();
const emptyNested = workflow("odd-empty-nested").then(same("first")).then(empty).commit();

const all = [nested, retried, deep, parallel, foreach, loop, branch, until, during, sleep, state, empty, emptyNested];

export const oddWorkflows = Object.fromEntries(all.map((declared) => [declared.id, declared]));

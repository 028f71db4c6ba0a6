// Workflows whose graph branches, loops, nests or sleeps.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const number = z.object({ n: z.number() });

const increment = step("increment", async ({ inputData }) => ({ n: inputData.n + 1 }), {
  input: number,
  output: number,
});

/** A child of a block that fails when the input's `fail` names it. */
function child(id) {
  return step(id, async ({ inputData }) => {
    if (inputData.fail === id) throw new Error(`${id} failed`);
    return { [id]: inputData.n };
  });
}

const parallel = workflow("parallel", { input: z.object({ n: z.number(), fail: z.string().optional() }) })
  .parallel([child("left"), child("right")])
  .then(step("join", async ({ inputData }) => ({ joined: inputData })))
  .commit();

const onlyParallel = workflow("only-parallel", { input: z.object({ n: z.number(), fail: z.string().optional() }) })
  .parallel([child("left"), child("right")])
  .commit();

const branch = workflow("branch", { input: number })
  .branch([
    [async ({ inputData }) => inputData.n > 0, step("positive", async ({ inputData }) => ({ positive: inputData.n }))],
    [async ({ inputData }) => inputData.n < 0, step("negative", async ({ inputData }) => ({ negative: inputData.n }))],
    [async ({ inputData }) => inputData.n > 99, step("large", async ({ inputData }) => ({ large: inputData.n }))],
  ])
  .commit();

const dowhile = workflow("dowhile", { input: number, output: number })
  .dowhile(increment, async ({ inputData }) => inputData.n < 3)
  .commit();

const dountil = workflow("dountil", { input: number, output: number })
  .dountil(increment, async ({ inputData }) => inputData.n >= 3)
  .commit();

const numbers = z.array(z.number());

const timesTen = step(
  "times-ten",
  async ({ inputData, writer }) => {
    if (inputData < 0) throw new Error(`${inputData} is negative`);
    await writer.write({ item: inputData });
    return inputData * 10;
  },
  { input: z.number(), output: z.number() },
);

const foreach = workflow("foreach", { input: numbers, output: numbers }).foreach(timesTen).commit();

const foreachConcurrent = workflow("foreach-concurrent", { input: numbers, output: numbers })
  .foreach(timesTen, { concurrency: 2 })
  .commit();

const sleep = workflow("sleep", { input: z.object({ ms: z.number() }) })
  .then(step("before", async ({ inputData }) => inputData))
  .sleep(async ({ inputData }) => inputData.ms)
  .then(step("after", async () => ({ slept: true })))
  .commit();

const sleepUntil = workflow("sleep-until", { input: z.object({ until: z.string() }) })
  .then(step("before", async ({ inputData }) => inputData))
  .sleepUntil(async ({ inputData }) => new Date(inputData.until))
  .then(step("after", async () => ({ slept: true })))
  .commit();

const inner = workflow("inner", { input: number, output: number })
  .then(increment)
  .then(step("double", async ({ inputData }) => ({ n: inputData.n * 2 }), { input: number, output: number }))
  .commit();

const nested = workflow("nested", { input: number })
  .then(inner)
  .then(step("after", async ({ inputData }) => ({ after: inputData.n })))
  .commit();

const foreachNested = workflow("foreach-nested", { input: z.array(number) }).foreach(inner).commit();

const innerFailing = workflow("inner-failing", { input: number })
  .then(
    step("explode", async () => {
      throw new Error("inner boom");
    }),
  )
  .commit();

const nestedFailing = workflow("nested-failing", { input: number }).then(innerFailing).commit();

export const branchingWorkflows = {
  parallel,
  "only-parallel": onlyParallel,
  branch,
  dowhile,
  dountil,
  foreach,
  "foreach-concurrent": foreachConcurrent,
  sleep,
  "sleep-until": sleepUntil,
  inner,
  nested,
  "foreach-nested": foreachNested,
  "nested-failing": nestedFailing,
};

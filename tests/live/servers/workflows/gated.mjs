// Workflows that last as long as a test wants: they wait at the gate that their input names.
import { z } from "zod";

import { waitAtGate } from "../control.mjs";
import { step, workflow } from "./define.mjs";

const gated = z.object({ gate: z.string().optional() });

const slow = workflow("slow", { input: gated })
  .then(step("begin", async ({ inputData }) => inputData))
  .then(
    step("wait", async ({ inputData }) => {
      await waitAtGate(inputData.gate);
      return inputData;
    }),
  )
  .then(step("end", async () => ({ done: true })))
  .commit();

const cancellable = workflow("cancellable", { input: gated })
  .then(
    step("wait", async ({ inputData, abortSignal }) => ({
      stopped: (await waitAtGate(inputData.gate, abortSignal)) === "aborted",
    })),
  )
  .then(step("after", async ({ inputData }) => inputData))
  .commit();

const stubborn = workflow("stubborn", { input: gated })
  .then(
    step("wait", async ({ inputData }) => {
      await waitAtGate(inputData.gate);
      return { stopped: false };
    }),
  )
  .then(step("after", async ({ inputData }) => inputData))
  .commit();

const parallelGated = workflow("parallel-gated", {
  input: z.object({ leftGate: z.string().optional(), rightGate: z.string().optional() }),
})
  .parallel(
    ["left", "right"].map((side) =>
      step(side, async ({ inputData }) => {
        await waitAtGate(inputData[`${side}Gate`]);
        return { [side]: true };
      }),
    ),
  )
  .commit();

const bigResult = workflow("big-result", {
  input: z.object({
    bytes: z.int(),
    gate: z.string().optional(),
    ms: z.number().optional(),
  }),
})
  .then(
    step("produce", async ({ inputData }) => {
      await waitAtGate(inputData.gate);
      if (inputData.ms) await new Promise((resolve) => setTimeout(resolve, inputData.ms));
      return { text: "x".repeat(inputData.bytes) };
    }),
  )
  .commit();

const bigEarly = workflow("big-early", {
  input: z.object({ bytes: z.int(), gate: z.string().optional() }),
})
  .then(step("produce", async ({ inputData }) => ({ text: "x".repeat(inputData.bytes), gate: inputData.gate })))
  .then(
    step("wait", async ({ inputData }) => {
      await waitAtGate(inputData.gate);
      return { text: inputData.text };
    }),
  )
  .commit();

/** What `writer` writes beside its numbered events. */
const assorted = ["plain text", 5, null, [1, 2], { nested: { deep: true } }, "naïve 鏡 🎈", "a\u001eb\nc"];

const customs = [
  { type: "data-progress", id: "x1", data: { percent: 60, label: "halb fertig – 半分" }, transient: true },
  { type: "my-event", payload: { hello: "wörld" } },
  { type: "no-payload", foo: "bar" },
];

const writerWorkflow = workflow("writer", {
  input: z.object({
    events: z.int().default(3),
    bytes: z.int().default(0),
    gate: z.string().optional(),
  }),
})
  .then(
    step("write", async ({ inputData, writer }) => {
      for (let index = 0; index < inputData.events; index += 1) {
        await writer.write({ index, filler: "x".repeat(inputData.bytes) });
      }
      await waitAtGate(inputData.gate);
      for (const output of assorted) await writer.write(output);
      for (const custom of customs) await writer.custom(custom);
      return { written: inputData.events + assorted.length + customs.length };
    }),
  )
  .commit();

export const gatedWorkflows = {
  slow,
  cancellable,
  stubborn,
  "parallel-gated": parallelGated,
  "big-result": bigResult,
  "big-early": bigEarly,
  writer: writerWorkflow,
};

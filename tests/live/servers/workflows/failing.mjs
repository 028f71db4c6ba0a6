// Workflows that fail.
import { TripWire } from "@mastra/core/agent";
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const thrown = {
  error: () => Object.assign(new Error("outer", { cause: new TypeError("inner") }), { code: "E_OUTER" }),
  string: () => "just a string",
  object: () => ({ code: 42, message: "an object" }),
  undefined: () => undefined,
};

const failing = workflow("failing", { input: z.object({ kind: z.enum(Object.keys(thrown)) }) })
  .then(step("before", async ({ inputData }) => inputData))
  .then(
    step("boom", async ({ inputData }) => {
      throw thrown[inputData.kind]();
    }),
  )
  .then(step("never", async () => ({ reached: true })))
  .commit();

const retrying = workflow("retrying", { input: z.object({ failures: z.int() }) })
  .then(
    step(
      "flaky",
      async ({ inputData, retryCount }) => {
        if (retryCount < inputData.failures) throw new Error(`failure ${retryCount + 1}`);
        return { attempts: retryCount + 1 };
      },
      { retries: 3 },
    ),
  )
  .commit();

const tripwire = workflow("tripwire")
  .then(
    step("guard", async () => {
      throw new TripWire("not allowed", { retry: true, metadata: { score: 0.9 } }, "guard-1");
    }),
  )
  .commit();

const wrongStepInput = workflow("wrong-step-input")
  .then(step("produce", async () => ({ a: 1 })))
  .then(step("needs-b", async ({ inputData }) => inputData, { input: z.object({ b: z.number() }) }))
  .commit();

const unwritable = workflow("unwritable")
  .then(step("count", async () => ({ big: 10n })))
  .commit();

export const failingWorkflows = { failing, retrying, tripwire, "wrong-step-input": wrongStepInput, unwritable };

// One workflow that succeeds, asks, or waits for a while, as its input says; tests/matrix has it in Python.
import { waitAtGate } from "../control.mjs";
import { step, workflow } from "./define.mjs";

const held = new Set();

const matrix = workflow("matrix")
  .then(
    step("q", async ({ inputData, resumeData, suspend, runId, writer }) => {
      const kind = inputData?.kind;
      if (kind === "ask" && resumeData === undefined) return suspend({ ask: "?" });
      if (kind === "hold" && !held.has(runId)) {
        held.add(runId);
        await waitAtGate(runId);
      }
      for (let number = 0; number < 4; number += 1) await writer.write({ number });
      return { done: true };
    }),
  )
  .commit();

export const matrixWorkflows = { matrix };

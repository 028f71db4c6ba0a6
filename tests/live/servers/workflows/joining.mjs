// Workflows whose schemas change what a run is started or resumed with.
import { z } from "zod";

import { waitAtGate } from "../control.mjs";
import { step, workflow } from "./define.mjs";

const request = z.object({
  amount: z.coerce.number(),
  name: z.string().trim().toLowerCase(),
  tag: z.string().transform((text) => `#${text}`).optional(),
  size: z.number().default(3),
  options: z.object({ fast: z.boolean().default(true), notes: z.array(z.string()).optional() }).optional(),
  either: z.union([z.string(), z.number()]).optional(),
});

const changing = workflow("changing", { input: request })
  .then(step("keep", async ({ inputData }) => inputData))
  .commit();

const answer = z.object({ ok: z.boolean(), by: z.string().trim().default("nobody") });

const changingAnswer = workflow("changing-answer")
  .then(
    step("ask", async ({ resumeData, suspend }) => (resumeData ? { answered: resumeData } : suspend({ ask: "ok?" })), {
      resume: answer,
    }),
  )
  .then(step("end", async ({ inputData }) => inputData))
  .commit();

const slowAnswer = workflow("slow-answer", { input: z.object({ gate: z.string().optional() }) })
  .then(
    step("ask", async ({ inputData, resumeData, suspend }) => {
      if (!resumeData) return suspend({ ask: "ok?" });
      await waitAtGate(inputData.gate);
      return { answered: resumeData };
    }),
  )
  .commit();

export const joiningWorkflows = { changing, "changing-answer": changingAnswer, "slow-answer": slowAnswer };

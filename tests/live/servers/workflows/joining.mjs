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

const dated = z.object({
  day: z.coerce.date().optional(),
  grade: z.enum(["a", "b"]).catch("a").optional(),
  length: z.string().transform((text) => text.length).optional(),
  note: z.string().nullish(),
  pays: z
    .discriminatedUnion("by", [
      z.object({ by: z.literal("card"), number: z.string().trim() }),
      z.object({ by: z.literal("cash"), coins: z.number().default(1) }),
    ])
    .optional(),
  rows: z.array(z.object({ sku: z.string().trim().toUpperCase(), count: z.number().int().default(1) })).optional(),
  pair: z.tuple([z.string().trim(), z.coerce.number()]).optional(),
  amount: z.number().optional(),
});

const changingMuch = workflow("changing-much", { input: dated })
  .then(step("keep", async ({ inputData }) => inputData))
  .commit();

export const joiningWorkflows = {
  changing,
  "changing-much": changingMuch,
  "changing-answer": changingAnswer,
  "slow-answer": slowAnswer,
};

// The workflow that tests/examples is about: it pays expenses, and asks about large ones.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const request = z.object({ amount: z.number(), purpose: z.string() });
const decision = z.object({ amount: z.number(), approved: z.boolean(), by: z.string() });

const check = step(
  "check",
  async ({ inputData }) => {
    if (inputData.amount <= 0) throw new Error(`an expense of ${inputData.amount} cannot be paid`);
    return inputData;
  },
  { input: request, output: request },
);

const approveSmall = step("approve-small", async ({ inputData }) => ({ amount: inputData.amount, approved: true, by: "rule" }), {
  input: request,
  output: decision,
});

const askManager = step(
  "ask-manager",
  async ({ inputData, resumeData, suspend }) => {
    if (!resumeData) return suspend({ question: `Pay ${inputData.amount} for ${inputData.purpose}?` });
    return { amount: inputData.amount, approved: resumeData.approved, by: resumeData.manager };
  },
  { input: request, output: decision, resume: z.object({ approved: z.boolean(), manager: z.string() }) },
);

const pay = step("pay", async ({ inputData, bail }) => {
  const { amount, approved, by } = inputData["approve-small"] ?? inputData["ask-manager"];
  return approved ? { paid: amount, approvedBy: by } : bail({ paid: 0 });
});

const expense = workflow("expense", { input: request })
  .then(check)
  .branch([
    [async ({ inputData }) => inputData.amount < 100, approveSmall],
    [async ({ inputData }) => inputData.amount >= 100, askManager],
  ])
  .sleep(50)
  .then(pay)
  .commit();

export const exampleWorkflows = { expense };

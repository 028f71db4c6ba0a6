// The workflows that docs/recipes and docs/coming-from are about.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const payment = workflow("payment", { input: z.object({ order: z.string(), amount: z.number() }) })
  .then(
    step("charge", async ({ inputData }) => {
      if (inputData.amount > 1000) throw new Error("card declined");
      return { paid: inputData.amount };
    }),
  )
  .commit();

const refund = workflow("refund", { input: z.object({ order: z.string(), amount: z.number() }) })
  .then(
    step(
      "clerk",
      async ({ inputData, resumeData, suspend }) => {
        if (!resumeData) return suspend({ ask: `Refund ${inputData.amount} for ${inputData.order}?` });
        return { refunded: resumeData.approved ? inputData.amount : 0 };
      },
      { resume: z.object({ approved: z.boolean() }) },
    ),
  )
  .commit();

const rows = workflow("import", { input: z.object({ rows: z.number() }) })
  .then(
    step("load", async ({ inputData, writer }) => {
      for (let done = 1; done <= inputData.rows; done += 1) await writer.write({ done });
      return { imported: inputData.rows };
    }),
  )
  .commit();

const order = workflow("order", { input: z.object({ order: z.string() }) })
  .sleep(50)
  .then(step("send", async ({ getInitData }) => ({ sent: getInitData().order })))
  .commit();

/** A workflow of one step that gives the same whatever it gets. */
const gives = (id, value) => workflow(id).then(step("return", async () => value)).commit();

export const recipeWorkflows = {
  payment,
  refund,
  import: rows,
  order,
  billing: gives("billing", { number: 117 }),
  invoice: gives("invoice", { number: 117 }),
};

// Workflows with a schedule, which the current generation runs on another engine.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

// The schedule only chooses the engine; it is due once a year.
const schedule = { cron: "0 0 1 1 *", inputData: {} };
const anyNumber = z.object({ n: z.number().optional() });

const evented = workflow("evented", { input: anyNumber, schedule })
  .then(step("e1", async ({ inputData }) => inputData))
  .then(step("e2", async ({ inputData }) => ({ greeting: `hi ${inputData.n}` })))
  .commit();

const eventedAsk = workflow("evented-ask", { input: anyNumber, schedule })
  .then(step("e1", async ({ inputData }) => inputData))
  .then(
    step("eq", async ({ resumeData, suspend }) => (resumeData ? { answered: resumeData } : suspend({ ask: "eq?" }))),
  )
  .commit();

export const eventedWorkflows = { evented, "evented-ask": eventedAsk };

// Workflows with a schedule, which the current generation runs on another engine.
import { TripWire } from "@mastra/core/agent";
import { z } from "zod";

import { waitAtGate } from "../control.mjs";
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

const give = (id) => step(id, async ({ inputData }) => ({ [id]: inputData.n }));
const ask = (id) => step(id, async ({ inputData, resumeData, suspend }) => resumeData ?? suspend({ ask: inputData }));
const open = (id, options) => workflow(id, { schedule, ...options });

const block = open("evented-block").parallel([give("left"), give("right")]).commit();

const branch = open("evented-branch")
  .branch([
    [async ({ inputData }) => inputData.n > 0, give("positive")],
    [async ({ inputData }) => inputData.n < 0, give("negative")],
  ])
  .commit();

const bail = open("evented-bail")
  .then(step("leave", async ({ inputData, bail }) => (inputData.n > 0 ? bail({ left: true }) : inputData)))
  .then(step("stay", async () => ({ stayed: true })))
  .commit();

const items = open("evented-items").foreach(ask("q")).commit();

const failing = open("evented-failing")
  .foreach(
    step("item", async ({ inputData }) => {
      if (inputData < 0) throw new Error("negative");
      return inputData;
    }),
  )
  .commit();

const tripwire = open("evented-tripwire")
  .then(
    step("guard", async () => {
      throw new TripWire("not allowed", { retry: true });
    }),
  )
  .commit();

const itemsAtOnce = open("evented-items-at-once").foreach(ask("q"), { concurrency: 2 }).commit();

const slow = open("evented-slow")
  .then(
    step("wait", async ({ inputData, abortSignal }) => {
      await waitAtGate(inputData.gate, abortSignal);
      return { done: true };
    }),
  )
  .commit();

const inner = workflow("evented-inner").then(give("first")).then(ask("second")).commit();
const nested = open("evented-nested").then(inner).commit();

// A nested workflow and its step of the same id, whose path looks like a step's that is named twice.
const twin = open("evented-twin")
  .then(workflow("twin").then(ask("twin")).commit())
  .commit();

export const eventedWorkflows = Object.fromEntries(
  [evented, eventedAsk, block, branch, bail, items, itemsAtOnce, failing, tripwire, slow, nested, twin].map((each) => [each.id, each]),
);

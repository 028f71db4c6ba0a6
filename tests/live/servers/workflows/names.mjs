// Workflows whose names are words of the wire's own.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const WORDS = [
  "path", "status", "output", "error", "steps", "result", "runId", "suspended", "__state", "__workflow_meta",
];

/** A step that passes its input on. */
const same = (id) => step(id, async ({ inputData }) => inputData);

/** A step that suspends with a question and, once resumed, passes the answer on. */
const ask = (id) => step(id, async ({ resumeData, suspend }) => resumeData ?? suspend({ ask: `${id}?` }));

/** A step that fails when it gets `fail`, and passes its input on otherwise. */
const mayFail = (id) =>
  step(id, async ({ inputData }) => {
    if (inputData?.fail) throw new Error("as told");
    return inputData;
  });

const asksInput = workflow("names-ask-input").then(ask("input")).then(same("rest")).commit();
const stepInput = workflow("names-input").then(same("first")).then(mayFail("input")).then(same("last")).commit();
const nestedInput = workflow("input").then(same("input")).then(ask("q")).commit();
const insideInput = workflow("names-nested-input").then(nestedInput).then(same("rest")).commit();
const parallelInput = workflow("names-parallel-input").parallel([same("input"), ask("path")]).commit();
const foreachInput = workflow("names-foreach-input").foreach(ask("input")).commit();
const words = WORDS.reduce((chain, word) => chain.then(same(word)), workflow("names-words")).commit();
const askWords = WORDS.reduce((chain, word) => chain.then(ask(word)), workflow("names-ask-words")).commit();
const state = workflow("names-state", { stateSchema: z.any() })
  .then(step("set", async ({ inputData, setState }) => (await setState(inputData), inputData)))
  .then(ask("q"))
  .commit();

export const namesWorkflows = Object.fromEntries(
  [asksInput, stepInput, insideInput, parallelInput, foreachInput, words, askWords, state].map((named) => [named.id, named]),
);

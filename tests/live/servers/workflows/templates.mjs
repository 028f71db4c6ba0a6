// Workflows whose maps fill templates; only current servers know them.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const TEMPLATES = {
  root: "[${inputData}]",
  path: "[${inputData.a}]",
  deep: "[${inputData.a.b}]",
  length: "${inputData.length}, ${inputData.0}",
  init: "[${initData}] [${initData.a}]",
  state: "[${state}] [${state.a}] [${state.a.b}]",
  context: "[${requestContext.a}]",
  step: "[${stepResults.give}] [${stepResults.give.a}]",
  "step-that-did-not-run": "${inputData.a}${stepResults.nobody.a}",
  plain: "$inputData {inputData} ${inputData.a} $${inputData.a}",
};

const give = step("give", async ({ inputData }) => inputData?.give);

const filled = Object.entries(TEMPLATES).map(([name, template]) => {
  const filling = workflow(`template-${name}`, { stateSchema: z.any() });
  const begun = name.startsWith("step") ? filling.then(give) : filling;
  return begun.map({ text: { template } }, { id: "fill" }).commit();
});

const sources = workflow("template-sources");
sources
  .then(give)
  .map(
    {
      whole: { step: give, path: "." },
      nobody: { step: { id: "nobody" }, path: "." },
      either: { step: [{ id: "nobody" }, give], path: "." },
      length: { initData: sources, path: "list.length" },
      second: { initData: sources, path: "list.1" },
      padded: { initData: sources, path: "list.01" },
    },
    { id: "shape" },
  )
  .commit();

const lost = workflow("template-lost")
  .then(give)
  .map({ deep: { step: [{ id: "nobody" }, give], path: "a.b.c" } }, { id: "shape" })
  .commit();

export const templateWorkflows = Object.fromEntries([...filled, sources, lost].map((made) => [made.id, made]));

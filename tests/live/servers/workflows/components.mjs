// Workflows whose steps are agents and tools, and one whose step asks another server.
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { createStep } from "@mastra/core/workflows";
import { z } from "zod";

import { step, workflow } from "./define.mjs";

// never asked: these workflows are only described
const writer = new Agent({
  id: "writer-agent",
  name: "writer-agent",
  description: "Writes a report",
  instructions: "Write.",
  model: "openai/gpt-4o-mini",
});

const upper = createTool({
  id: "upper-tool",
  description: "Makes letters large",
  inputSchema: z.object({ text: z.string() }),
  outputSchema: z.object({ text: z.string() }),
  execute: async (input) => ({ text: (input.text ?? input.context?.text).toUpperCase() }),
});

const retried = step("retried", async () => ({ prompt: "x" }), { retries: 3 });

const components = workflow("components")
  .then(retried)
  .then(createStep(writer))
  .then(createStep(upper))
  .commit();

const besides = workflow("components-besides")
  .parallel([createStep(writer), createStep(upper)])
  .commit();

const nested = workflow("components-nested").then(components).commit();

const fetcher = workflow("fetcher")
  .then(step("fetch", async ({ inputData }) => (await fetch(inputData.url)).status))
  .commit();

export const componentWorkflows = {
  components,
  "components-besides": besides,
  "components-nested": nested,
  fetcher,
};

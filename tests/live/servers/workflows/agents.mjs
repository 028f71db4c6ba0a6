// Workflows whose steps are an agent, with a model that needs no provider, and tools.
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { createStep } from "@mastra/core/workflows";
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

/** The text of what was asked last. */
const asked = ({ prompt }) => prompt.at(-1).content.map(({ text }) => text).join("");

/** A model that answers with what it was asked, in two pieces, and fails where it is asked to. */
const echo = {
  specificationVersion: "v2",
  provider: "none",
  modelId: "echo",
  supportedUrls: {},
  async doGenerate(options) {
    return { content: [{ type: "text", text: asked(options) }], finishReason: "stop", usage, warnings: [] };
  },
  async doStream(options) {
    const text = asked(options);
    if (text === "fail") throw new Error("no model today");
    const parts = [
      { type: "stream-start", warnings: [] },
      { type: "response-metadata", id: "response-1", modelId: "echo", timestamp: new Date(0) },
      { type: "text-start", id: "text-1" },
      { type: "text-delta", id: "text-1", delta: "You said: " },
      { type: "text-delta", id: "text-1", delta: text },
      { type: "text-end", id: "text-1" },
      { type: "finish", finishReason: "stop", usage },
    ];
    return {
      stream: new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(part);
          controller.close();
        },
      }),
    };
  },
};

const parrot = new Agent({
  id: "parrot",
  name: "parrot",
  description: "Says it again",
  instructions: "Say it again.",
  model: echo,
});

const text = z.object({ text: z.string() });

const tool = (id, description, execute) =>
  createTool({
    id,
    description,
    inputSchema: text,
    outputSchema: text,
    execute: async (input) => execute((input.context ?? input).text),
  });

const shout = tool("shout", "Makes letters large", (said) => ({ text: said.toUpperCase() }));
const fail = tool("fail-tool", "Fails", (said) => {
  throw new TypeError(`cannot ${said}`);
});
const odd = tool("odd-tool", "Gives what its schema does not know", () => ({ number: 1 }));

const prompt = z.object({ prompt: z.string() });
const ask = () => step("ask", async ({ inputData }) => ({ prompt: inputData.text ?? "" }));

/** A step that writes what its input lists. */
const write = () =>
  step("write", async ({ inputData, writer }) => {
    for (const chunk of inputData) await writer.write(chunk);
    return inputData.length;
  });

/** The same, and asks before the second half. */
const writeTwice = () =>
  step("write", async ({ inputData, writer, resumeData, suspend }) => {
    for (const chunk of inputData) await writer.write(chunk);
    return resumeData ?? suspend({ ask: "more?" });
  });

const all = [
  workflow("agent-chunks").then(write()).commit(),
  workflow("agent-chunks-asking").then(writeTwice()).commit(),
  workflow("agent-only", { input: prompt }).then(createStep(parrot)).commit(),
  workflow("agent-tool").then(ask()).then(createStep(parrot)).then(createStep(shout)).commit(),
  workflow("agent-parallel").parallel([createStep(parrot), step("beside", async () => 1)]).commit(),
  workflow("agent-items").foreach(createStep(parrot)).commit(),
  workflow("tool-only").then(createStep(shout)).commit(),
  workflow("tool-items").foreach(createStep(shout)).commit(),
  workflow("tool-failing").then(createStep(fail)).commit(),
  workflow("tool-odd").then(createStep(odd)).then(step("last", async ({ inputData }) => inputData)).commit(),
];

export const agentWorkflows = Object.fromEntries(all.map((declared) => [declared.id, declared]));

// Short forms for defining test workflows, with every step execution counted.
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { z } from "zod";

import { countExecution } from "../control.mjs";

/** A step whose executions are counted. Schemas default to "anything". */
export function step(id, execute, { input = z.any(), output = z.any(), resume, ...options } = {}) {
  return createStep({
    id,
    inputSchema: input,
    outputSchema: output,
    ...(resume && { resumeSchema: resume }),
    ...options,
    execute: async (context) => {
      countExecution(context.runId, context.workflowId, id);
      return execute(context);
    },
  });
}

/** An open workflow, to be continued with `.then(...)` and closed with `.commit()`. */
export function workflow(id, { input = z.any(), output = z.any(), ...options } = {}) {
  return createWorkflow({ id, inputSchema: input, outputSchema: output, ...options });
}

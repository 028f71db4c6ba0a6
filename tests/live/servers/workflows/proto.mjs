// Workflows whose inputs are objects with keys that nobody has named.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const inputs = {
  record: z.record(z.string(), z.number()),
  loose: z.looseObject({ a: z.any().optional() }),
  rest: z.object({ a: z.any().optional() }).catchall(z.looseObject({})),
};

export const protoWorkflows = Object.fromEntries(
  Object.entries(inputs).map(([name, input]) => [
    `proto-${name}`,
    workflow(`proto-${name}`, { input })
      .then(step("echo", async ({ inputData }) => inputData))
      .commit(),
  ]),
);

// Workflows that run straight through.
import { z } from "zod";

import { step, workflow } from "./define.mjs";

const city = z.object({ city: z.string() });
const cityAndTemperature = z.object({ city: z.string(), temperature: z.number() });
const text = z.object({ text: z.string() });

const cityWorkflow = workflow("city-workflow", {
  input: city,
  output: text,
  description: "Reports the weather of a city",
})
  .then(
    step("lookup", async ({ inputData }) => ({ city: inputData.city, temperature: inputData.city.length }), {
      input: city,
      output: cityAndTemperature,
      description: "Looks the temperature up",
    }),
  )
  .then(
    step("report", async ({ inputData }) => ({ text: `${inputData.city}: ${inputData.temperature}` }), {
      input: cityAndTemperature,
      output: text,
    }),
  )
  .commit();

const three = workflow("three", { input: z.object({ i: z.number().optional() }), output: z.object({ c: z.number() }) })
  .then(step("t1", async () => ({ a: 1 }), { output: z.object({ a: z.number() }) }))
  .then(
    step("t2", async ({ inputData }) => ({ b: inputData.a + 1 }), {
      input: z.object({ a: z.number() }),
      output: z.object({ b: z.number() }),
    }),
  )
  .then(
    step("t3", async ({ inputData }) => ({ c: inputData.b + 1 }), {
      input: z.object({ b: z.number() }),
      output: z.object({ c: z.number() }),
    }),
  )
  .commit();

const echo = workflow("echo")
  .then(step("echo", async ({ inputData }) => inputData))
  .commit();

const unicode = workflow("unicode", { input: text, output: text })
  .then(step("spiegel-été-鏡", async ({ inputData }) => inputData, { input: text, output: text }))
  .commit();

const oddId = workflow("odd id/é")
  .then(step("only", async ({ inputData }) => inputData))
  .commit();

const person = z.strictObject({
  name: z.string().min(1),
  age: z.int(),
  tags: z.array(z.string()),
  address: z.object({ city: z.string() }),
  level: z.enum(["low", "high"]).default("low"),
});

const strictInput = workflow("strict-input", { input: person, output: person })
  .then(step("accept", async ({ inputData }) => inputData, { input: person, output: person }))
  .commit();

const mapped = workflow("mapped", { input: z.object({ n: z.number() }), output: z.object({ tripled: z.number() }) })
  .then(step("double", async ({ inputData }) => ({ doubled: inputData.n * 2 })))
  .map(async ({ inputData, getInitData }) => ({ sum: inputData.doubled + getInitData().n }))
  .then(step("name", async ({ inputData }) => ({ tripled: inputData.sum })))
  .commit();

const contextWorkflow = workflow("context")
  .then(step("read", async ({ requestContext }) => Object.fromEntries(requestContext.entries())))
  .commit();

const contextSchema = workflow("context-schema", { requestContextSchema: z.object({ tenant: z.string() }) })
  .then(step("read", async ({ requestContext }) => ({ tenant: requestContext.get("tenant") })))
  .commit();

const bail = workflow("bail", { input: z.object({ bail: z.boolean() }) })
  .then(step("leave", async ({ inputData, bail }) => (inputData.bail ? bail({ left: true }) : { left: false })))
  .then(step("stay", async () => ({ stayed: true })))
  .commit();

export const plainWorkflows = {
  "city-workflow": cityWorkflow,
  three,
  echo,
  unicode,
  oddId,
  "strict-input": strictInput,
  mapped,
  context: contextWorkflow,
  "context-schema": contextSchema,
  bail,
};

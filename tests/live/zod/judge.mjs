// Judges values by schemas, both from stdin as JSON, a line each; zod is found beside the server's sources.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const { z } = createRequire(`${process.argv[2]}/judge.js`)("zod");

const checks = { min: "min", max: "max", length: "length", gt: "gt", lt: "lt", multipleOf: "multipleOf" };

function built([kind, ...rest]) {
  switch (kind) {
    case "string": case "number": case "int": {
      let schema = z[kind]();
      for (const [check, limit] of rest) schema = schema[checks[check]](limit);
      return schema;
    }
    case "regex": return z.string().regex(new RegExp(rest[0], rest[0].includes("\\p") ? "u" : ""));
    case "format": return z[rest[0]]();
    case "iso": return z.iso[rest[0]]();
    case "boolean": case "null": case "any": case "never": return z[kind]();
    case "nonoptional": return z.any().refine(() => true).nonoptional();
    case "literal": return z.literal(rest[0]);
    case "enum": return z.enum(rest[0]);
    case "array": {
      let schema = z.array(built(rest[0]));
      for (const [check, limit] of rest.slice(1)) schema = schema[checks[check]](limit);
      return schema;
    }
    case "tuple": {
      const tuple = z.tuple(rest[0].map(built));
      return rest[1] ? tuple.rest(built(rest[1])) : tuple;
    }
    case "record": return z.record(built(rest[0]), built(rest[1]));
    case "partial": return z.partialRecord(built(rest[0]), built(rest[1]));
    case "union": return z.union(rest[0].map(built));
    case "xor": return z.xor(rest[0].map(built));
    case "both": return z.intersection(built(rest[0]), built(rest[1]));
    case "nullable": return built(rest[0]).nullable();
    case "default": return built(rest[0]).default(rest[1]);
    case "tagged": return z.discriminatedUnion("kind", rest[0].map(built));
    case "object": case "strictObject": case "looseObject": {
      const shape = {};
      for (const [name, schema, optional] of rest[0]) shape[name] = optional ? built(schema).optional() : built(schema);
      return z[kind](shape);
    }
    case "tree": case "strictTree": {
      const tree = z[kind === "tree" ? "object" : "strictObject"]({ text: z.string(), get answers() { return z.array(tree).optional(); } });
      return tree;
    }
  }
  throw new Error(`no schema: ${kind}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { schema, values, target } = JSON.parse(line);
  let zod;
  try {
    zod = built(schema);
  } catch (error) {
    console.log(JSON.stringify({ refused: String(error) }));
    continue;
  }
  const verdicts = values.map((value) => {
    const { success, data, error } = zod.safeParse(value);
    return success ? { data } : { issues: error.issues.map((issue) => [issue.path, issue.message]) };
  });
  console.log(JSON.stringify({ schema: z.toJSONSchema(zod, { target }), verdicts }));
}

// What a server is started with, and what it is made of.
import { parseArgs } from "node:util";

import { eventedWorkflows } from "./workflows/evented.mjs";
import { workflows } from "./workflows/index.mjs";

export const { values: options } = parseArgs({
  // The CLI imports this while it builds, with arguments of its own.
  strict: false,
  options: {
    host: { type: "string" },
    // Whether this generation has schedules, and with them the evented engine.
    evented: { type: "boolean", default: false },
    port: { type: "string", default: "0" },
    // A plain ":memory:" database loses its tables on older clients.
    database: { type: "string", default: "file::memory:?cache=shared" },
    // The schema of a Postgres database.
    schema: { type: "string", default: "public" },
    "auth-token": { type: "string" },
    "api-prefix": { type: "string" },
    "body-limit": { type: "string" },
  },
});

/** Return what Mastra is configured with on every host. */
export function configuration(storage) {
  return { workflows: { ...workflows, ...(options.evented && eventedWorkflows) }, storage, logger: false };
}

export const bodyLimit = options["body-limit"] && Number(options["body-limit"]);

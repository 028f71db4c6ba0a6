// Runs one Mastra server for tests: says its port on stdout, ends when its stdin closes.
import { serve } from "@hono/node-server";
import { LibSQLStore } from "@mastra/libsql";
import { parseArgs } from "node:util";

import { control } from "./control.mjs";
import { eventedWorkflows } from "./workflows/evented.mjs";
import { build } from "./workflows/graphs.mjs";
import { workflows } from "./workflows/index.mjs";

const { values: options } = parseArgs({
  options: {
    host: { type: "string" },
    // Whether this generation has schedules, and with them the evented engine.
    evented: { type: "boolean", default: false },
    port: { type: "string", default: "0" },
    // A plain ":memory:" database loses its tables on older clients.
    database: { type: "string", default: "file::memory:?cache=shared" },
    "auth-token": { type: "string" },
    "api-prefix": { type: "string" },
    "body-limit": { type: "string" },
  },
});

const { createMastra } = await import(`./hosts/${options.host}.mjs`);
const { mastra, fetch: fetchFromMastra } = await createMastra({
  configuration: {
    workflows: { ...workflows, ...(options.evented && eventedWorkflows) },
    storage: new LibSQLStore({ id: "live-tests", url: options.database }),
    logger: false,
  },
  evented: options.evented,
  authToken: options["auth-token"],
  apiPrefix: options["api-prefix"],
  bodyLimit: options["body-limit"] && Number(options["body-limit"]),
});

control.post("/graphs", async (context) => {
  for (const graph of await context.req.json()) mastra.addWorkflow(build(graph));
  return context.json({});
});

function fetch(request, environment) {
  const isControl = new URL(request.url).pathname.startsWith("/__control/");
  return isControl ? control.fetch(request) : fetchFromMastra(request, environment);
}

serve({ fetch, hostname: "127.0.0.1", port: Number(options.port) }, ({ port }) => {
  // Older servers let a refused no-wait call become an unhandled rejection, which would end the process.
  for (const event of ["unhandledRejection", "uncaughtException"]) {
    process.on(event, (error) => console.error(`${event}:`, error));
  }
  console.log(JSON.stringify({ port }));
  // Only that line of stdout is read; a pipe that fills up would stop the process.
  console.log = console.error;
});

process.on("SIGTERM", () => process.exit(0));
// A killed test run cannot tidy up, but its end of the pipe closes.
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();

// Runs one Mastra server for tests.
import { getRequestListener } from "@hono/node-server";
import { createServer } from "node:http";

import { control } from "./control.mjs";
import { liveWithParent } from "./life.mjs";
import { bodyLimit, configuration, options } from "./options.mjs";
import { build } from "./workflows/graphs.mjs";

const { storageAt } = await import(options.database.startsWith("postgres") ? "./stores/postgres.mjs" : "./stores/libsql.mjs");
const { createMastra } = await import(`./hosts/${options.host}.mjs`);
const { mastra, listener } = await createMastra({
  configuration: configuration(storageAt(options.database, options.schema)),
  evented: options.evented,
  authToken: options["auth-token"],
  apiPrefix: options["api-prefix"],
  bodyLimit,
});

control.post("/graphs", async (context) => {
  for (const graph of await context.req.json()) mastra.addWorkflow(build(graph));
  return context.json({});
});
const controlListener = getRequestListener(control.fetch);

const server = createServer((request, response) =>
  (request.url.startsWith("/__control/") ? controlListener : listener)(request, response),
);
server.listen(Number(options.port), "127.0.0.1", () => liveWithParent(server.address().port));

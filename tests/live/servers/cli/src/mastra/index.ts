// What `mastra build` makes a server of.
import { Mastra } from "@mastra/core";
import { subscribe } from "node:diagnostics_channel";

import { control } from "../../../control.mjs";
import { staticToken } from "../../../hosts/auth.mjs";
import { liveWithParent } from "../../../life.mjs";
import { bodyLimit, configuration, options } from "../../../options.mjs";
import { storageAt } from "../../../stores/libsql.mjs";
import { build } from "../../../workflows/graphs.mjs";

control.post("/graphs", async (context) => {
  for (const graph of await context.req.json()) mastra.addWorkflow(build(graph));
  return context.json({});
});

export const mastra = new Mastra({
  ...configuration(storageAt(options.database)),
  server: {
    host: "127.0.0.1",
    port: Number(options.port),
    apiRoutes: [
      { path: "/__control/*", method: "ALL", requiresAuth: false, handler: ({ req }) => control.fetch(req.raw) },
    ],
    ...(options["auth-token"] && { auth: staticToken(options["auth-token"]) }),
    ...(options["api-prefix"] && { apiPrefix: options["api-prefix"] }),
    ...(bodyLimit && { bodySizeLimit: bodyLimit }),
  },
});

// The server is made and started by what the CLI writes around this.
subscribe("tracing:net.server.listen:asyncEnd", ({ server }) => liveWithParent(server.address().port));

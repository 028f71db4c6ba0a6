// Hosts Mastra in an own app, through its hono adapter.
import { Mastra } from "@mastra/core";
import { MastraServer } from "@mastra/hono";
import { Hono } from "hono";

import { staticToken } from "./auth.mjs";

/** Make Mastra, and the function that answers requests for it. */
export async function createMastra({ configuration, evented, authToken, apiPrefix, bodyLimit }) {
  const app = new Hono();
  const mastra = new Mastra({
    ...configuration,
    ...(authToken && { server: { auth: staticToken(authToken) } }),
  });
  // Evented runs stand still without their workers.
  if (evented) await mastra.startWorkers();
  const server = new MastraServer({
    app,
    mastra,
    ...(apiPrefix && { prefix: apiPrefix }),
    // The form that the adapter's manual shows, although 1.2 turns it into a 500.
    ...(bodyLimit && {
      bodyLimitOptions: { maxSize: bodyLimit, onError: () => ({ error: "Request body too large" }) },
    }),
  });
  await server.init();
  return { mastra, fetch: app.fetch };
}

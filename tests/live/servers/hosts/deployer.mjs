// Hosts Mastra the way `mastra build` does, for the generation that has no adapter of its own.
import { getRequestListener } from "@hono/node-server";
import { Mastra } from "@mastra/core";
import { createHonoServer } from "@mastra/deployer/server";

import { staticToken } from "./auth.mjs";

/** Make Mastra, and the function that answers Node's requests for it. */
export async function createMastra({ configuration, authToken, apiPrefix, bodyLimit }) {
  if (apiPrefix) throw new Error("this generation serves under /api only");
  const mastra = new Mastra({
    ...configuration,
    server: {
      ...(authToken && { auth: staticToken(authToken) }),
      ...(bodyLimit && { bodySizeLimit: bodyLimit }),
    },
  });
  return { mastra, listener: getRequestListener((await createHonoServer(mastra, { tools: {} })).fetch) };
}

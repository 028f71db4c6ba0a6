// Mastra in an own app, by whichever adapter.
import { Mastra } from "@mastra/core";

import { staticToken } from "./auth.mjs";

/** Make Mastra, and have its adapter put its routes into an app. */
export async function mount(MastraServer, app, { configuration, evented, authToken, apiPrefix, bodyLimit }) {
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
  return mastra;
}

// Hosts Mastra in an own app of Fastify's.
import { MastraServer } from "@mastra/fastify";
import Fastify from "fastify";

import { mount } from "./mount.mjs";

/** Make Mastra, and the function that answers Node's requests for it. */
export async function createMastra(options) {
  // By default Fastify takes 1 MB.
  const app = Fastify({ bodyLimit: 100_000_000 });
  const mastra = await mount(MastraServer, app, options);
  await app.ready();
  return { mastra, listener: app.routing };
}

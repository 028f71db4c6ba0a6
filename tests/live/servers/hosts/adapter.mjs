// Hosts Mastra in an own app of hono's.
import { getRequestListener } from "@hono/node-server";
import { MastraServer } from "@mastra/hono";
import { Hono } from "hono";

import { mount } from "./mount.mjs";

/** Make Mastra, and the function that answers Node's requests for it. */
export async function createMastra(options) {
  const app = new Hono();
  const mastra = await mount(MastraServer, app, options);
  return { mastra, listener: getRequestListener(app.fetch) };
}

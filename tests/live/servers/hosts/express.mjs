// Hosts Mastra in an own app of Express.
import { MastraServer } from "@mastra/express";
import express from "express";

import { mount } from "./mount.mjs";

/** Make Mastra, and the app that answers Node's requests for it. */
export async function createMastra(options) {
  const app = express();
  // By default Express takes 100 kB.
  app.use(express.json({ limit: "100mb" }));
  return { mastra: await mount(MastraServer, app, options), listener: app };
}

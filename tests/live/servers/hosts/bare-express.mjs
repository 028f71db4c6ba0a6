// Hosts Mastra in Express as the adapter's README shows it: nobody parses bodies.
import { MastraServer } from "@mastra/express";
import express from "express";

import { mount } from "./mount.mjs";

/** Make Mastra, and the app that answers Node's requests for it. */
export async function createMastra(options) {
  const app = express();
  return { mastra: await mount(MastraServer, app, options), listener: app };
}

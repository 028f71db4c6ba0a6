// Runs in a file, or in memory.
import { LibSQLStore } from "@mastra/libsql";

export function storageAt(url) {
  return new LibSQLStore({ id: "live-tests", url });
}

// Runs in Postgres, as the adapter for it stores them.
import { PostgresStore } from "@mastra/pg";

export function storageAt(connectionString, schemaName) {
  return new PostgresStore({ id: "live-tests", connectionString, schemaName });
}

// Letting in one static token.
import { SimpleAuth } from "@mastra/core/server";

/** Mastra's static-token provider, usable on 1.2, whose routes authenticate without a request at hand. */
class StaticToken extends SimpleAuth {
  authenticateToken(token, request) {
    return super.authenticateToken(token, request ?? { header: () => undefined });
  }
}

export function staticToken(token) {
  return new StaticToken({ tokens: { [token]: { id: "test-user" } } });
}

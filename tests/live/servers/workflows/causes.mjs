// Workflows whose steps throw errors with causes of every kind.
import * as errors from "@mastra/core/error";

import { step, workflow } from "./define.mjs";

/** An error with so many causes, one below the other. */
function chain(depth, make = (text, options) => new Error(text, options)) {
  return depth ? make(`level ${depth}`, { cause: chain(depth - 1, make) }) : make("level 0");
}

const withCode = (text, options) => Object.assign(new TypeError(text, options), { code: `E ${text}` });

const THROWN = {
  // which only current servers have
  final: () => Object.assign(new (errors.MastraNonRetryableError ?? Error)("x", { cause: "because" }), { code: 7 }),
  text: () => new Error("x", { cause: "because" }),
  "empty-text": () => new Error("x", { cause: "" }),
  object: () => new Error("x", { cause: { code: 42, list: [1, null] } }),
  "error-like": () => new Error("x", { cause: { message: "inner", name: "Inner" } }),
  list: () => new Error("x", { cause: [1, "two"] }),
  number: () => new Error("x", { cause: 0 }),
  false: () => new Error("x", { cause: false }),
  null: () => new Error("x", { cause: null }),
  undefined: () => new Error("x", { cause: undefined }),
  inner: () => Object.assign(new Error("x", { cause: new TypeError("y", { cause: "deepest" }) }), { code: 1 }),
  four: () => chain(4),
  five: () => chain(5),
  six: () => chain(6),
  "six-codes": () => chain(6, withCode),
  eight: () => chain(8, withCode),
  "thrown-object": () => ({ message: "an object", code: 42, cause: "because" }),
  "thrown-nameless": () => ({ code: 42, cause: { code: 43 } }),
  "thrown-named": () => ({ name: "Named", message: "as told", cause: null }),
  "thrown-empty": () => ({}),
  "thrown-list": () => [1, "two"],
  "thrown-number": () => 5,
  "thrown-odd-message": () => ({ message: 42 }),
  "thrown-stack": () => ({ stack: "at home", message: "an object" }),
};

const throws = (kind) =>
  step("throws", async () => {
    throw THROWN[kind]();
  });

const plain = Object.keys(THROWN).map((kind) => workflow(`cause-${kind}`).then(throws(kind)).commit());
const nested = Object.keys(THROWN).map((kind) =>
  workflow(`cause-nested-${kind}`)
    .then(workflow("inside").then(throws(kind)).commit())
    .commit(),
);

export const causeWorkflows = Object.fromEntries([...plain, ...nested].map((made) => [made.id, made]));

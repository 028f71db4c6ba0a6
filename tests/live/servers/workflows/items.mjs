// Workflows with a foreach that may be given what is no list.
import { step, workflow } from "./define.mjs";

/** A step that passes its input on. */
const same = (id) => step(id, async ({ inputData }) => inputData);

/** A step that gives the `value` of its input. */
const give = () => step("give", async ({ inputData }) => inputData?.value);

/** A step that suspends with its input and, once resumed, passes the answer on. */
const ask = (id) =>
  step(id, async ({ inputData, resumeData, suspend }) => resumeData ?? suspend({ item: inputData }));

const inner = () => workflow("items-inner").foreach(same("item")).commit();

const first = workflow("items-first").foreach(same("item")).commit();
const concurrent = workflow("items-concurrent").foreach(same("item"), { concurrency: 2 }).commit();
const given = workflow("items-given").then(give()).foreach(same("item")).then(same("rest")).commit();
const nested = workflow("items-nested").then(give()).then(inner()).then(same("rest")).commit();
const retried = workflow("items-retried", { retryConfig: { attempts: 1 } }).then(give()).then(inner()).commit();
const parallel = workflow("items-parallel").then(give()).parallel([same("left"), inner()]).commit();
const branch = workflow("items-branch")
  .then(give())
  .branch([
    [async () => true, inner()],
    [async () => true, same("right")],
  ])
  .commit();
const loop = workflow("items-loop").then(give()).dountil(inner(), async () => true).commit();
const ofItems = workflow("items-of-items").foreach(inner()).commit();
const ofItemsAtOnce = workflow("items-of-items-at-once").foreach(inner(), { concurrency: 2 }).commit();
const workflows = workflow("items-workflows")
  .foreach(workflow("items-one").then(same("only")).commit())
  .commit();
const asking = workflow("items-asking").foreach(ask("q"), { concurrency: 2 }).commit();

const all = [
  first, concurrent, given, nested, retried, parallel, branch, loop, ofItems, ofItemsAtOnce, workflows, asking,
];

export const itemsWorkflows = Object.fromEntries(all.map((declared) => [declared.id, declared]));

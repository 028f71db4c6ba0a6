// Workflows that suspend with whatever their input says, text, lists and scalars too.
import { step, workflow } from "./define.mjs";

/** A step that suspends with the `value` of its input and, once resumed, passes on the answer and what it had asked. */
const ask = (id) =>
  step(id, async ({ inputData, resumeData, suspendData, suspend }) =>
    resumeData ? { answer: resumeData, asked: suspendData } : suspend(inputData?.value));

/** The same, with a label. */
const askLabelled = (id) =>
  step(id, async ({ inputData, resumeData, suspend }) =>
    resumeData ? { answer: resumeData } : suspend(inputData?.value, { resumeLabel: `${id}-label` }));

/** A step that passes its input on. */
const same = (id) => step(id, async ({ inputData }) => inputData);

const inner = () => workflow("payload-inner").then(ask("q")).then(same("rest")).commit();

const plain = workflow("payload-plain").then(ask("q")).then(same("rest")).commit();
const labelled = workflow("payload-labelled").then(askLabelled("q")).commit();
const nested = workflow("payload-nested").then(inner()).then(same("last")).commit();
const deep = workflow("payload-deep")
  .then(workflow("payload-middle").then(inner()).commit())
  .commit();
const parallel = workflow("payload-parallel").parallel([ask("a"), ask("b")]).commit();
const branch = workflow("payload-branch")
  .branch([
    [async () => true, ask("a")],
    [async () => false, same("b")],
  ])
  .commit();
const foreach = workflow("payload-foreach").foreach(ask("q"), { concurrency: 2 }).commit();
const foreachOne = workflow("payload-foreach-one").foreach(ask("q")).commit();
const foreachNested = workflow("payload-foreach-nested").foreach(inner()).commit();
const loop = workflow("payload-loop")
  .dountil(ask("q"), async () => true)
  .commit();

const all = [plain, labelled, nested, deep, parallel, branch, foreach, foreachOne, foreachNested, loop];

export const payloadsWorkflows = Object.fromEntries(all.map((declared) => [declared.id, declared]));

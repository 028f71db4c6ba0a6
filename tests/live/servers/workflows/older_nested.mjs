// Workflows in workflows, as servers before `current` execute them: asking, tried again, leaving early.
import { step, workflow } from "./define.mjs";

/** A step that passes its input on. */
const same = (id) => step(id, async ({ inputData }) => inputData);

/** A step that suspends with a question and, once resumed, passes the answer on; it fails if it is told to. */
const ask = (id) =>
  step(id, async ({ inputData, resumeData, suspend }) => {
    if (resumeData?.fail) throw new Error(`${id} fails`);
    return resumeData ?? suspend({ ask: id, inputData });
  });

/** A step that leaves its workflow if its input says `leave`, and passes it on otherwise. */
const leaves = (id) => step(id, async ({ inputData, bail }) => (inputData?.leave ? bail({ left: inputData }) : inputData));

const round = workflow("older-round")
  .then(same("prepare"))
  .then(step("q", async ({ inputData, resumeData, suspend }) =>
    resumeData ? { n: inputData.n + 1 } : suspend({ have: inputData.n })))
  .commit();
const rounds = workflow("older-rounds").dountil(round, async ({ inputData }) => inputData.n > 2).then(same("last")).commit();

const innerItems = workflow("older-inner-items").foreach(ask("item"), { concurrency: 2 }).commit();
const nestedItems = workflow("older-nested-items").then(innerItems).then(same("last")).commit();
const parallelItems = workflow("older-parallel-items").parallel([innerItems, same("beside")]).then(same("last")).commit();
const itemsOfItems = workflow("older-items-of-items").foreach(innerItems).commit();

const innerBlock = workflow("older-inner-block").parallel([ask("a"), ask("b")]).then(same("joined")).commit();
const nestedBlock = workflow("older-nested-block").then(innerBlock).then(same("last")).commit();
const blocks = workflow("older-blocks").parallel([innerBlock, ask("c")]).then(same("last")).commit();
const innerBranch = workflow("older-inner-branch")
  .branch([
    [async () => true, ask("a")],
    [async ({ inputData }) => inputData?.both, ask("b")],
  ])
  .then(same("joined"))
  .commit();
const nestedBranch = workflow("older-nested-branch").then(innerBranch).then(same("last")).commit();

const explodes = workflow("older-explodes")
  .then(same("prepare"))
  .then(step("explode", async ({ retryCount }) => {
    throw new Error(`attempt ${retryCount}`);
  }))
  .commit();
const tried = workflow("older-tried", { retryConfig: { attempts: 1, delay: 5 } }).then(explodes).then(same("last")).commit();
const asks = workflow("older-asks").then(same("prepare")).then(ask("q")).commit();
const triedAsks = workflow("older-tried-asks", { retryConfig: { attempts: 1, delay: 5 } })
  .then(asks)
  .then(step("context", async ({ inputData, requestContext }) => ({ inputData, context: Object.fromEntries(requestContext.entries()) })))
  .commit();

const leaving = workflow("older-leaving").then(leaves("leave")).then(same("stayed")).commit();
const leavingItems = workflow("older-leaving-items").foreach(leaves("leave"), { concurrency: 2 }).then(same("last")).commit();
const leavingNested = workflow("older-leaving-nested").foreach(leaving, { concurrency: 2 }).then(same("last")).commit();
const leavingBeside = workflow("older-leaving-beside").parallel([leaving, same("beside")]).then(same("last")).commit();
const leavingRound = workflow("older-leaving-round")
  .dountil(leaving, async ({ inputData }) => !inputData?.again)
  .then(same("last"))
  .commit();

const sets = (id) =>
  step(id, async ({ inputData, state, setState }) => {
    await setState({ ...state, [id]: (state[id] ?? 0) + 1 });
    return { ...inputData, state: { ...state } };
  });
const stateful = workflow("older-stateful").then(sets("inside")).then(sets("also")).commit();
const statefulItems = workflow("older-stateful-items").foreach(stateful, { concurrency: 2 }).then(sets("outside")).commit();
const statefulBeside = workflow("older-stateful-beside").parallel([stateful, sets("beside")]).then(sets("outside")).commit();

export const olderNestedWorkflows = Object.fromEntries(
  [
    rounds,
    nestedItems,
    parallelItems,
    itemsOfItems,
    nestedBlock,
    blocks,
    nestedBranch,
    tried,
    triedAsks,
    leavingItems,
    leavingNested,
    leavingBeside,
    leavingRound,
    statefulItems,
    statefulBeside,
  ].map((one) => [one.id, one]),
);

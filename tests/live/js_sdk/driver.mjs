// Calls every workflow method of the official SDK, and prints what came of each call as one JSON document.
// Usage: node driver.mjs SDK_MODULE BASE_URL
const [sdk, baseUrl] = process.argv.slice(2);
const { MastraClient } = await import(sdk);
// One attempt: its own retries would hide what a server answers, and send a start four times.
const client = new MastraClient({ baseUrl, retries: 0 });

const transcript = [];
const called = new Set();

/** Call a method, read its answer to the end if it is a stream, and write down what came of it. */
async function call(target, method, ...parameters) {
  called.add(`${target.constructor.name}.${method}`);
  const entry = { method, parameters };
  transcript.push(entry);
  try {
    const answer = await target[method](...parameters);
    if (answer instanceof ReadableStream) {
      entry.events = [];
      for await (const event of answer) entry.events.push(event);
    } else if (method === "createRun") {
      entry.answer = { runId: answer.runId };
    } else {
      entry.answer = plain(answer);
    }
    return answer;
  } catch (error) {
    entry.error = { name: error.name, message: error.message, status: error.status, body: error.body };
  }
}

/** The SDK turns the error of a failed run into an Error, which JSON would leave empty. */
function plain(answer) {
  if (!(answer?.error instanceof Error)) return answer;
  const { name, message, ...own } = answer.error;
  return { ...answer, error: { name, message, ...own } };
}

const SETTLED = ["success", "failed", "canceled", "suspended", "paused", "tripwire"];

/** Wait, without writing it down, until a verb that does not wait has had its effect. */
async function settle(workflow, run, isThere = ({ status }) => SETTLED.includes(status)) {
  for (;;) {
    const found = await workflow.runById(run.runId);
    if (isThere(found)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function describe() {
  const chosen = ["city-workflow", "approval", "three"];
  const only = (all) => Object.fromEntries(chosen.map((name) => [name, all[name]]));
  for (const parameters of [[], [{ tenant: "é" }, true]]) {
    await call(client, "listWorkflows", ...parameters);
    transcript.at(-1).answer = only(transcript.at(-1).answer);
  }
  await call(client, "listWorkflowRunCounts");
  transcript.at(-1).answer = Object.keys(only(transcript.at(-1).answer));
  for (const name of chosen) {
    const workflow = client.getWorkflow(name);
    await call(workflow, "details", { tenant: "x" });
    await call(workflow, "getSchema");
  }
  await call(client.getWorkflow("no-such-workflow"), "details");
}

async function straightThrough() {
  const city = client.getWorkflow("city-workflow");
  const resourceId = crypto.randomUUID();
  const inputData = { city: "Zürich" };

  const first = await call(city, "createRun", { resourceId });
  await call(city, "runById", first.runId);
  await call(first, "startAsync", { inputData, requestContext: { tenant: "x" } });
  await call(city, "runById", first.runId);
  await call(city, "runById", first.runId, { fields: ["result", "payload"], withNestedWorkflows: false });
  await call(city, "runById", first.runId, { fields: ["nothing"] });
  await call(first, "restartAsync", {});
  await call(first, "stream", { inputData });

  const second = await call(city, "createRun", { resourceId });
  await call(second, "start", { inputData });
  await settle(city, second);
  await call(city, "runById", second.runId);
  await call(second, "startAsync", { inputData: { city: 3 } });

  const third = await call(city, "createRun", { resourceId });
  await call(third, "stream", { inputData });
  await call(third, "observe");
  await call(third, "observe", { offset: 4 });
  await call(third, "observeStream");

  await call(city, "runs", { resourceId, page: 0, perPage: 2 });
  await call(city, "runs", { resourceId, page: 1, perPage: 2 });
  await call(city, "runs", { resourceId, status: "failed" });
  await call(city, "deleteRunById", third.runId);
  await call(city, "deleteRunById", third.runId);
  await call(city, "runById", third.runId);

  const refused = await call(city, "createRun");
  await call(refused, "startAsync", { inputData: { city: 3 } });
  await call(refused, "stream", { inputData: { city: 3 } });
}

async function asking() {
  const approval = client.getWorkflow("approval");
  const suspended = async (n) => {
    const run = await call(approval, "createRun");
    await call(run, "startAsync", { inputData: { n } });
    return run;
  };

  const first = await suspended(1);
  await call(approval, "runById", first.runId);
  await call(first, "resumeAsync", { step: "approve", resumeData: { ok: "yes" } });
  await call(first, "resumeAsync", { step: "nothing", resumeData: { ok: true } });
  await call(first, "restartAsync");
  await call(first, "restart", {});
  await call(first, "resumeAsync", { step: "approve", resumeData: { ok: true } });
  await call(first, "resumeAsync", { step: "approve", resumeData: { ok: true } });

  for (const method of ["resume", "resumeNoWait"]) {
    const run = await suspended(2);
    await call(run, method, { step: "approve", resumeData: { ok: false } });
    await settle(approval, run, ({ status }) => status === "success");
    await call(approval, "runById", run.runId);
  }

  const streamed = await call(approval, "createRun");
  await call(streamed, "stream", { inputData: { n: 3 } });
  await call(streamed, "resumeStream", { step: "approve", resumeData: { ok: true } });
  await call(streamed, "observe");

  const canceled = await suspended(4);
  await call(canceled, "cancel");
  await call(approval, "runById", canceled.runId);
  const pending = await call(approval, "createRun");
  await call(pending, "cancelRun");
  await call(approval, "runById", pending.runId);
}

async function travelling() {
  const three = client.getWorkflow("three");
  const run = await call(three, "createRun");
  await call(run, "startAsync", { inputData: {} });
  await call(run, "timeTravelAsync", { step: "t2", inputData: { a: 10 } });
  await call(run, "timeTravelStream", { step: ["t3"], inputData: { b: 20 } });
  await call(run, "timeTravel", { step: "t3", inputData: { b: 30 } });
  await settle(three, run, ({ status, result }) => status === "success" && result?.c === 31);
  await call(three, "runById", run.runId);
  await call(run, "timeTravelAsync", { step: "nothing" });

  const stepwise = await call(three, "createRun");
  await call(stepwise, "startAsync", { inputData: {}, perStep: true });
  await call(stepwise, "timeTravelAsync", { step: "t2", inputData: { a: 1 }, perStep: true });
  await call(three, "runById", stepwise.runId);
}

async function failing() {
  const workflow = client.getWorkflow("failing");
  for (const kind of ["error", "string"]) {
    const run = await call(workflow, "createRun");
    await call(run, "startAsync", { inputData: { kind } });
    await call(workflow, "runById", run.runId);
  }
  const run = await call(workflow, "createRun");
  await call(run, "stream", { inputData: { kind: "error" } });
}

for (const part of [describe, straightThrough, asking, travelling, failing]) await part();

/** Every public method, as the SDK itself has them. */
function methods(target) {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(target));
  return names
    .filter((name) => name !== "constructor" && name !== "createChunkTransformStream")
    .map((name) => `${target.constructor.name}.${name}`);
}

const city = client.getWorkflow("city-workflow");
const known = [...methods(city), ...methods(await city.createRun())];
console.log(JSON.stringify({ transcript, missing: known.filter((name) => !called.has(name)) }));

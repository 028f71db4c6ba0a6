// Workflows that suspend and ask.
import { z } from "zod";

import { waitAtGate } from "../control.mjs";
import { step, workflow } from "./define.mjs";

const answer = z.object({ answer: z.string() });
const anyNumber = z.object({ n: z.number().optional() });

/** A step that suspends with a question and, once resumed, passes the answer on. */
function ask(id, question = `${id}?`) {
  return step(
    id,
    async ({ resumeData, suspend }) =>
      resumeData ? { answer: resumeData.answer } : suspend({ ask: question }),
    { resume: answer },
  );
}

const approval = workflow("approval", {
  input: z.object({ n: z.number() }),
  output: z.object({ ok: z.boolean(), n: z.number() }),
})
  .then(
    step(
      "approve",
      async ({ inputData, resumeData, suspend }) =>
        resumeData ? { ok: resumeData.ok, n: inputData.n } : suspend({ ask: `approve ${inputData.n}?` }),
      { input: z.object({ n: z.number() }), resume: z.object({ ok: z.boolean() }) },
    ),
  )
  .commit();

const asker = workflow("asker", { input: anyNumber })
  .then(step("first", async ({ inputData }) => inputData))
  .then(ask("q"))
  .then(step("rest", async ({ inputData }) => ({ rest: inputData.answer })))
  .commit();

const askLoose = workflow("ask-loose")
  .then(
    step("q", async ({ resumeData, suspend }) => (resumeData ? { answered: resumeData } : suspend({ ask: "q?" }))),
  )
  .commit();

const askTwice = workflow("ask-twice", { input: anyNumber })
  .then(
    step(
      "q",
      async ({ resumeData, suspend, suspendData }) => {
        if (!resumeData) return suspend({ ask: "first?" });
        if (suspendData?.ask === "first?") return suspend({ ask: "second?", first: resumeData.answer });
        return { first: suspendData.first, second: resumeData.answer };
      },
      { resume: answer },
    ),
  )
  .commit();

const parallelAsk = workflow("parallel-ask", { input: anyNumber })
  .parallel([ask("p1"), ask("p2")])
  .then(step("join", async ({ inputData }) => ({ p1: inputData.p1.answer, p2: inputData.p2.answer })))
  .commit();

const askItem = step(
  "ask-item",
  async ({ inputData, resumeData, suspend }) =>
    resumeData
      ? inputData + resumeData.add
      : suspend({ item: inputData }, { resumeLabel: `item-${inputData}` }),
  { input: z.number(), output: z.number(), resume: z.object({ add: z.number() }) },
);

const foreachSuspend = workflow("foreach-suspend", { input: z.array(z.number()) })
  .foreach(askItem, { concurrency: 3 })
  .commit();

const foreachSuspendOne = workflow("foreach-suspend-one", { input: z.array(z.number()) })
  .foreach(askItem)
  .commit();

const innerAsk = workflow("inner-ask", { input: anyNumber })
  .then(step("prepare", async ({ inputData }) => inputData))
  .then(ask("inner-q"))
  .commit();

const nestedAsk = workflow("nested-ask", { input: anyNumber })
  .then(innerAsk)
  .then(step("after", async ({ inputData }) => ({ after: inputData.answer })))
  .commit();

const middleAsk = workflow("middle-ask", { input: anyNumber }).then(innerAsk).commit();

const deepAsk = workflow("deep-ask", { input: anyNumber })
  .then(middleAsk)
  .then(step("after", async ({ inputData }) => ({ after: inputData.answer })))
  .commit();

const askSlow = workflow("ask-slow", { input: z.object({ gate: z.string().optional() }) })
  .then(ask("q"))
  .then(
    step("wait", async ({ inputData, getInitData }) => {
      await waitAtGate(getInitData().gate);
      return inputData;
    }),
  )
  .then(step("end", async ({ inputData }) => ({ end: inputData.answer })))
  .commit();

const gatedAsk = workflow("gated-ask", { input: z.object({ gate: z.string().optional() }) })
  .then(
    step("wait", async ({ inputData }) => {
      await waitAtGate(inputData.gate);
      return inputData;
    }),
  )
  .then(ask("q"))
  .commit();

const dotted = workflow("dotted", { input: anyNumber })
  .then(ask("ask.me"))
  .then(step("and.end", async ({ inputData }) => ({ end: inputData.answer })))
  .commit();

const tally = z.object({ count: z.number(), notes: z.array(z.string()) });

/** A step that adds a note to the state. */
function note(id, extra = {}) {
  return step(
    id,
    async ({ state, setState, resumeData, suspend }) => {
      if (extra.resume && !resumeData) return suspend({ ask: `${id}?`, count: state?.count ?? 0 });
      const text = resumeData ? `${id}: ${resumeData.answer}` : id;
      const next = { count: (state?.count ?? 0) + 1, notes: [...(state?.notes ?? []), text] };
      await setState(next);
      return next;
    },
    { stateSchema: tally, ...extra },
  );
}

const stateful = workflow("stateful", { stateSchema: tally })
  .then(note("count-before"))
  .then(note("q", { resume: answer }))
  .then(note("count-after"))
  .commit();

export const askingWorkflows = {
  approval,
  asker,
  "ask-loose": askLoose,
  "ask-twice": askTwice,
  "parallel-ask": parallelAsk,
  "foreach-suspend": foreachSuspend,
  "foreach-suspend-one": foreachSuspendOne,
  innerAsk,
  nestedAsk,
  deepAsk,
  "ask-slow": askSlow,
  "gated-ask": gatedAsk,
  dotted,
  stateful,
};

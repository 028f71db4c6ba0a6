// The data of the page: rows of numbers, and texts by their number.
const OUTCOMES = ["failed", "error", "xpassed", "passed", "skipped", "xfailed"];
const FAILED = new Set(["failed", "error"]);
let TEXTS = [], GRAPHS = [], TESTS = [];

const text = (number) => (number < 0 ? "" : TEXTS[number]);
/** Returns a text that a test was told: the UUIDs in it are the test's own. */
const told = (test, number) => text(number).replace(/\0([^])/g, (_, one) => text(test.row[16][one.charCodeAt(0) - 48]));
/** Returns a function that gives a JSON value of a test; undefined if there is none. */
const later = (test, number) => () => (number < 0 ? undefined : JSON.parse(told(test, number)));

async function unpack(base64) {
  const binary = atob(base64), bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = JSON.parse(await new Response(stream).text());
  TEXTS = data.texts;
  GRAPHS = data.graphs;
  const times = new Map();
  TESTS = data.tests.map((row, number) => {
    const name = text(row[0]);
    const seen = (times.get(name) || 0) + 1;
    times.set(name, seen);
    // the same test may be here twice: of two files
    return { number, row, name, key: seen > 1 ? `${name}~${seen}` : name, outcome: OUTCOMES[row[1]], seconds: row[2],
      from: text(row[6]), hasTrace: row.length > 9 };
  });
}

const sentenceOf = (test) => test.row[3].map(text);
const targetOf = (test) => (test.hasTrace ? text(test.row[9]) : "");
const workflowsOf = (test) => (test.hasTrace ? [...new Set(test.row[12].map((run) => text(run[0])))] : []);

/** Returns the runs of a test, read when they are looked at. */
function runsOf(test) {
  if (!test.hasTrace) return [];
  test.runs ||= test.row[12].map((row, number) => ({
    test, number, workflow: text(row[0]), id: text(row[1]), status: text(row[2]), input: later(test, row[3]), result: later(test, row[4]),
    error: later(test, row[5]), graph: GRAPHS[row[6]], isGraphKnown: row[7], at: row[9], taken: row[10], failing: row[11],
    seconds: row[12], began: row[13], account: later(test, row[14]),
    differences: row[15].map(([title, step, where, path, was, is]) => ({ title: text(title), step: text(step), where: text(where), path: told(test, path), was: later(test, was), is: later(test, is) })),
    steps: row[8].map((step, index) => ({
      index, path: text(step[0]), name: text(step[1]), status: text(step[2]), input: later(test, step[3]), output: later(test, step[4]),
      error: later(test, step[5]), asks: later(test, step[6]), answer: later(test, step[7]), count: text(step[8]), seconds: step[9], spans: step[10] })),
  }));
  return test.runs;
}

/** Returns what a test had go wrong, by its rules. */
function faultsOf(test) {
  return (test.hasTrace ? test.row[18] : []).map(([rule, place, what, fired, why]) => ({ rule: text(rule), place: text(place), what: text(what), fired, why: text(why) }));
}

const metWords = (fault) => (fault.fired ? `met by ${plural(fault.fired, "request")}` : "never met");

/** Returns what was said and told of a run, by time: requests, events, and faults that struck later than their request. */
function storyOf(run) {
  const { test } = run, row = test.row;
  const faults = faultsOf(test);
  const events = row[13].filter((event) => event[0] === run.number).map((event, order) => ({
    kind: "event", at: event[1], order, type: text(event[2]), step: text(event[3]), exchange: event[4], body: later(test, event[5]) }));
  const requests = row[14].filter((one) => one[2] === run.number).map((one) => ({
    kind: "request", number: one[0], at: one[1], verb: text(one[3]), target: told(test, one[4]), status: one[5],
    ending: text(one[6]), failure: text(one[7]), sent: later(test, one[8]), got: later(test, one[9]), ended: one[10], asked: text(one[11]), answered: text(one[12]), faults: one[13].map((number) => faults[number]) }));
  const strikes = requests.filter((one) => one.ended > one.at).flatMap((one) => one.faults.splice(0).map((fault) => ({ kind: "fault", at: one.ended, number: one.number, fault })));
  let last = 0;
  for (const event of events) last = event.at = Math.max(last, event.at ?? last);
  const rank = (one) => ["request", "event", "fault"].indexOf(one.kind);
  return [...requests, ...events, ...strikes].sort((one, other) => one.at - other.at || rank(one) - rank(other) || (one.order ?? one.number) - (other.order ?? other.number));
}

const isTrouble = (request) => request.status >= 400 || !!request.failure || !["whole", "open", "left", ""].includes(request.ending);

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${two((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} days`;
}

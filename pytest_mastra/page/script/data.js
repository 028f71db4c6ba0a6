// The data of the page: rows of numbers, and texts by their number.
const OUTCOMES = ["failed", "error", "xpassed", "passed", "skipped", "xfailed"];
/** The first two of them. */
const hasFailed = ({ rank }) => rank < 2;
const PARTS = [];
let TEXTS, GRAPHS, TESTS;

const text = (number, all = TEXTS) => (number < 0 ? "" : all[number]);
/** Returns a text that a test was told: the UUIDs in it are the test's own. */
const told = ({ texts, ids }, number) => text(number, texts).replace(/\0([^])/g, (_, one) => text(ids[one.charCodeAt(0) - 48], texts));
/** Returns a function that gives a JSON value of a test; undefined if there is none. */
const later = (test, number) => () => (number < 0 ? undefined : JSON.parse(told(test, number)));

const READ = { "=": (_, item) => item, "*": later, "~": told };
/** Returns a row by the names of its places: a text; a value as it stands (=), of JSON (*), a text with UUIDs (~). */
const read = (test, names, row) => Object.fromEntries(names.split(" ").map((name, index) =>
  name[0] in READ ? [name.slice(1), READ[name[0]](test, row[index])] : [name, text(row[index], test.texts)]));

const rows = (test, names, all = []) => all.map((row, index) => ({ index, ...read(test, names, row) }));

const TEST = "name =rank =seconds =sentence message from =isThinned =part =place target =briefly";
const BRIEFLY = "workflow status =id";
const PART = "=said =main =runs =events =requests url =faults =ids";
const RUN = "workflow id status *input *result *error =graph =isGraphKnown =steps =at =taken =failing =seconds =began *account =differences";
const STEP = "path name status *input *output *error *asks *answer count =seconds =spans";
const DIFFERENCE = "title step where ~path *was *is";
const FAULT = "rule place what =fired why";
const EVENT = "=run =at type step =exchange *body";
const REQUEST = "=number =at =run verb ~target =status ending failure *sent *got =ended asked answered =faults";

async function unpack(place) {
  const binary = atob(place.textContent), bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

async function openList() {
  const { texts, graphs, tests } = await unpack(byId("data")), times = {};
  TEXTS = texts;
  GRAPHS = graphs;
  TESTS = tests.map((row, number) => {
    const test = read({}, TEST, row), { name, rank } = test;
    const seen = times[name] = (times[name] || 0) + 1;
    // the same test may be here twice: of two files
    return { said: [], faults: [], ...test, number, key: seen > 1 ? `${name}~${seen}` : name, outcome: OUTCOMES[rank], sentence: test.sentence.map((one) => text(one)), briefly: rows({}, BRIEFLY, test.briefly) };
  });
}

/** Opens the part of the data that a test is in. */
async function openPart(test) {
  if (test.texts || !(test.part >= 0)) return;
  const { texts, tests } = await (PARTS[test.part] ||= unpack(every(".packed")[test.part]));
  Object.assign(test, { texts }, read({ texts }, PART, tests[test.place]));
  test.said = test.said.map((both) => both.map((one) => text(one, texts)));
  test.faults = rows(test, FAULT, test.faults);
  test.runs &&= rows(test, RUN, test.runs).map((run) => ({ ...run, test, graph: GRAPHS[run.graph], steps: rows(test, STEP, run.steps), differences: rows(test, DIFFERENCE, run.differences) }));
}

const workflowsOf = (test) => [...new Set(test.briefly.map((run) => run.workflow))];

const metWords = (fault) => (fault.fired ? `met by ${plural(fault.fired, "request")}` : "never met");

/** Returns what was said and told of a run, by time: requests, events, and faults that struck later than their request. */
function storyOf({ test, index }) {
  const events = test.events.filter((row) => row[0] === index).map((row) => ({ kind: "event", ...read(test, EVENT, row) }));
  const requests = test.requests.filter((row) => row[2] === index).map((row) => ({ kind: "request", ...read(test, REQUEST, row), faults: row[13].map((one) => test.faults[one]) }));
  const strikes = requests.filter((one) => one.ended > one.at).flatMap((one) => one.faults.splice(0).map((fault) => ({ kind: "fault", at: one.ended, fault })));
  let last = 0;
  for (const event of events) last = event.at = Math.max(last, event.at ?? last);
  // what was at the same time stays in this order
  return [...requests, ...events, ...strikes].sort((one, other) => one.at - other.at);
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

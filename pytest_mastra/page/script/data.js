// The data of the page: rows of numbers, and texts by their number.
const OUTCOMES = ["failed", "error", "xpassed", "passed", "skipped", "xfailed"];
const FAILED = new Set(["failed", "error"]);
let TEXTS = [], GRAPHS = [], TESTS = [];

const text = (number) => (number < 0 ? "" : TEXTS[number]);
/** Returns a text that a test was told: the UUIDs in it are the test's own. */
const told = (test, number) => text(number).replace(/\0([^])/g, (_, one) => text(test.row[16][one.charCodeAt(0) - 48]));
/** Returns a function that gives a JSON value of a test; undefined if there is none. */
const later = (test, number) => () => (number < 0 ? undefined : JSON.parse(told(test, number)));

const READ = { "=": (_, item) => item, "*": later, "~": told };
/** Returns a row by the names of its places: a text; a value as it stands (=), of JSON (*), a text with UUIDs (~). */
const read = (test, names, row) => Object.fromEntries(names.split(" ").map((name, index) =>
  name[0] in READ ? [name.slice(1), READ[name[0]](test, row[index])] : [name, text(row[index])]));

const RUN = "workflow id status *input *result *error =graph =isGraphKnown =steps =at =taken =failing =seconds =began *account =differences";
const STEP = "path name status *input *output *error *asks *answer count =seconds =spans";
const DIFFERENCE = "title step where ~path *was *is";
const FAULT = "rule place what =fired why";
const EVENT = "=run =at type step =exchange *body";
const REQUEST = "=number =at =run verb ~target =status ending failure *sent *got =ended asked answered =faults";

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
  test.runs ||= test.row[12].map((row, number) => {
    const run = read(test, RUN, row);
    const rows = (names, all) => all.map((one, index) => ({ index, ...read(test, names, one) }));
    return { ...run, test, number, graph: GRAPHS[run.graph], steps: rows(STEP, run.steps), differences: rows(DIFFERENCE, run.differences) };
  });
  return test.runs;
}

/** Returns what a test had go wrong, by its rules. */
const faultsOf = (test) => (test.hasTrace ? test.row[18] : []).map((row) => read(test, FAULT, row));

const metWords = (fault) => (fault.fired ? `met by ${plural(fault.fired, "request")}` : "never met");

/** Returns what was said and told of a run, by time: requests, events, and faults that struck later than their request. */
function storyOf({ test, number }) {
  const all = faultsOf(test);
  const events = test.row[13].filter((row) => row[0] === number).map((row) => ({ kind: "event", ...read(test, EVENT, row) }));
  const requests = test.row[14].filter((row) => row[2] === number).map((row) => ({ kind: "request", ...read(test, REQUEST, row), faults: row[13].map((one) => all[one]) }));
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

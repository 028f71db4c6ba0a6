// What was said and told of a run, line by line; polls that say the same are one line, and so is the progress of a foreach.
const MOST_LINES = 400;
const POLLS = new Set(["run_by_id", "run_execution_result"]);

/** Returns the path of the step that was at work when something was; a request comes before what else was then. */
const stepAt = (run, { at, fault }) => run.steps[fault ? "findLast" : "find"]((one) => one.spans.some(([, from, to]) => from <= at - run.began && at - run.began <= (to ?? Infinity)))?.path;

function linesOf(run) {
  if (run.lines) return run.lines;
  const lines = run.lines = [];
  for (const one of storyOf(run)) {
    const last = lines[lines.length - 1];
    const isPoll = one.kind === "request" && POLLS.has(one.verb), isBad = one.kind === "request" && isTrouble(one);
    const isFolded = isPoll || one.type === "workflow-step-progress";
    const inside = isPoll ? one.got() : isFolded && one.body().payload;
    const said = isBad ? ` → ${outcomeOf(one)}` : isFolded ? `, ${inside?.iterationStatus || inside?.status || ""}` : "";
    const rule = (one.fault ? [one.fault] : one.faults || []).map((fault) => fault.rule).join(", ");
    const key = isFolded && joined(" ", said, rule, one.type, one.step);
    if (key && last?.key === key) last.all.push(one);
    else lines.push({ ...(isPoll ? { kind: "polls", at: one.at } : one), said, key, isBad: isBad || !!one.fault, rule, step: rule ? stepAt(run, one) : one.step, all: [one], number: lines.length });
  }
  return lines;
}

function wordsOf(line) {
  if (line.kind === "polls") return plural(line.all.length, "poll") + line.said.replace(/, $/, "");
  if (line.kind === "event") return (line.type.replace(/^workflow-/, "") || "event") + line.said + (line.all[1] ? ` ×${many(line.all.length)}` : "");
  return line.fault ? "here it struck" : `${line.verb || line.target} → ${outcomeOf(line)}`;
}

const outcomeOf = (one) => one.failure || (one.status ? `${one.status}${["cut", "left"].includes(one.ending) ? `, ${one.ending}` : ""}` : "no answer");
const faultOf = (fault) => el("div.fault", el("p.target", fault.rule), el("p.name", [fault.what, fault.place, metWords(fault)].map((one) => one && el("span", one))), fault.why && el("pre.headers", fault.why));

const headers = (lines) => lines && el("pre.headers", lines);
function detailsOf(line) {
  if (line.kind === "event") return line.all.slice(0, 50).map((one) => titled("Event", one.body));
  if (line.fault) return faultOf(line.fault);
  return line.all.slice(0, 50).map((one, index) => el("div", el("p.target", one.target),
    one.failure ? el("p.why", one.failure) : "", index ? "" : one.faults.map(faultOf), titled("Sent", one.sent), titled("Answer", one.got),
    one.asked ? el("details", el("summary", "Headers"), headers(one.asked), headers(one.answered)) : ""));
}

/** Opens a line of the story, which may not be drawn yet. */
function openLine({ number }) {
  const id = `line-${number}`;
  while (!byId(id)) document.querySelector(".story ~ .more").click();
  byId(id).open = true;
  byId(id).scrollIntoView({ block: "nearest" });
}

function drawStory(run, select) {
  const lines = linesOf(run);
  if (!lines.length) return el("p.empty", "Nothing was said of this run.");
  const list = el("ol.story");
  return addInParts(list, lines, (line) => {
    const at = line.step && run.steps.find((one) => one.path === line.step);
    const place = el("details", { class: `${line.kind} ${line.isBad ? "trouble" : ""}`, "data-step": at && at.path, id: `line-${line.number}` },
      el("summary", el("time", line.at === null ? "" : duration(line.at)), el("span.what", line.isBad || line.rule ? "✂ " : line.kind === "event" ? "" : "⇄ ", wordsOf(line)), line.rule ? el("code.where", line.rule) : line.step && el("span.where", at ? at.name : line.step)));
    place.ontoggle = () => {
      if (!place.open) return;
      if (place.children.length < 2) place.append(el("div.inside", detailsOf(line)));
      if (at) select(at);
    };
    return el("li", place);
  }, MOST_LINES, el("div", list));
}

// What was said and told of a run, line by line; polls that say the same are one line.
const MOST_LINES = 400;
const POLLS = new Set(["run_by_id", "run_execution_result"]);

function linesOf(run) {
  const lines = [];
  for (const one of storyOf(run)) {
    const last = lines[lines.length - 1];
    const isPoll = one.kind === "request" && POLLS.has(one.verb) && !isTrouble(one);
    const said = isPoll ? ((one.got() || {}).status || "") : "";
    if (isPoll && last && last.kind === "polls" && last.said === said) last.all.push(one);
    else lines.push(isPoll ? { kind: "polls", at: one.at, said, all: [one] } : { ...one, all: [one] });
  }
  return lines;
}

function wordsOf(line) {
  if (line.kind === "polls") return `${plural(line.all.length, "poll")}${line.said ? `, ${line.said}` : ""}`;
  if (line.kind === "event") return line.type.replace(/^workflow-/, "") || "event";
  if (line.failure) return `${line.verb || line.target}: ${line.failure}`;
  const answer = line.status ? `${line.status}${["cut", "left"].includes(line.ending) ? `, ${line.ending}` : ""}` : "no answer";
  return `${line.verb || line.target} → ${answer}`;
}

const headers = (lines) => lines && el("pre.headers", lines);
function detailsOf(line) {
  if (line.kind === "event") return [titled("Event", line.body)];
  return line.all.slice(0, 50).map((one) => el("div", el("p.target", one.target),
    one.failure ? el("p.why", one.failure) : "", titled("Sent", one.sent), titled("Answer", one.got),
    one.asked ? el("details", el("summary", "Headers"), headers(one.asked), headers(one.answered)) : ""));
}

function drawStory(run, select) {
  const lines = linesOf(run);
  if (!lines.length) return el("p.empty", "Nothing was said of this run.");
  const list = el("ol.story");
  return addInParts(list, lines, (line) => {
    const at = line.step && run.steps.find((one) => one.path === line.step);
    const isBad = line.kind === "request" && isTrouble(line);
    const place = el("details", { class: `${line.kind} ${isBad ? "trouble" : ""}`, "data-step": at && at.path },
      el("summary", el("time", line.at === null ? "" : duration(line.at)), el("span.what", isBad ? "✂ " : line.kind === "event" ? "" : "⇄ ", wordsOf(line)), line.step && el("span.where", at ? at.name : line.step)));
    place.addEventListener("toggle", () => {
      if (!place.open) return;
      if (place.children.length < 2) place.append(el("div.inside", detailsOf(line)));
      if (at) select(at);
    });
    return el("li", place);
  }, MOST_LINES, el("div", list));
}

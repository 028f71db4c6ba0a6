// What was said and told of a run, line by line; polls that say the same are one line.
const MOST_LINES = 400;
const POLLS = new Set(["run_by_id", "run_execution_result"]);

function linesOf(run) {
  const lines = [];
  for (const one of storyOf(run)) {
    const last = lines[lines.length - 1];
    const isPoll = one.kind === "request" && POLLS.has(one.verb) && !isTrouble(one);
    const said = isPoll ? ((value(one.got) || {}).status || "") : "";
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

const headers = (lines) => lines && element("pre", { class: "headers" }, lines);
function detailsOf(line) {
  if (line.kind === "event") return [titled("Event", line.body)];
  return line.all.slice(0, 50).map((one) => element("div", {}, element("p", { class: "target" }, one.target),
    one.failure ? element("p", { class: "why" }, one.failure) : null, titled("Sent", one.sent), titled("Answer", one.got),
    one.asked ? element("details", {}, element("summary", {}, "Headers"), headers(one.asked), headers(one.answered)) : null));
}

function drawStory(run, select) {
  const lines = linesOf(run);
  if (!lines.length) return element("p", { class: "empty" }, "Nothing was said of this run.");
  const list = element("ol", { class: "story" });
  const add = (some) => {
    for (const line of some) {
      const at = line.step && run.steps.find((one) => one.path === line.step);
      const isBad = line.kind === "request" && isTrouble(line);
      const place = element("details", { class: `${line.kind}${isBad ? " trouble" : ""}`, "data-step": at ? at.path : undefined },
        element("summary", {}, element("time", {}, line.at === null ? "" : duration(line.at) || "0 ms"), element("span", { class: "what" }, isBad ? "✂ " : line.kind === "event" ? "" : "⇄ ", wordsOf(line)), line.step ? element("span", { class: "where" }, at ? at.name : line.step) : null));
      place.addEventListener("toggle", () => {
        if (!place.open) return;
        if (place.children.length < 2) place.append(element("div", { class: "inside" }, detailsOf(line)));
        if (at) select(at);
      });
      list.append(element("li", {}, place));
    }
  };
  add(lines.slice(0, MOST_LINES));
  if (lines.length <= MOST_LINES) return list;
  const more = button(`show ${plural(lines.length - MOST_LINES, "more line")}`, () => { add(lines.slice(MOST_LINES)); more.remove(); }, { class: "more" });
  return element("div", {}, list, more);
}

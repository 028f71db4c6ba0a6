// One run: graph, timeline, story and panel, with one selection in all of them.
function markdownOf(test, run, at) {
  const [workflow, words, where, why] = sentenceOf(test);
  const code = (string) => "`" + visible(string).replaceAll("`", "'") + "`";
  const block = (string, kind = "") => { const fence = "`".repeat(Math.max(3, ...(string.match(/`+/g) || []).map((one) => one.length + 1))); return `${fence}${kind}\n${visible(string)}\n${fence}`; };
  const json = (title, number) => (number < 0 ? [] : [`**${title}**`, block(JSON.stringify(value(number), null, 2).slice(0, 4000), "json")]);
  const lines = [words ? `### ${[workflow && code(workflow), words, where && code(where)].filter(Boolean).join(" ")}` : `### ${code(test.name)} ${test.outcome}`];
  if (why) lines.push(block(why));
  lines.push([`- test: ${code(test.name)}, ${test.outcome}${test.seconds === null ? "" : ` after ${duration(test.seconds)}`}`, `- again: ${code(againOf(test))}`,
    ...(run ? [`- run: ${code(run.id)} of ${code(run.workflow)}, ${run.status}${run.seconds === null ? "" : ` after ${duration(run.seconds)}`}, on ${targetOf(test)}`,
      `- path: ${run.steps.map((one) => `${code(one.path)} (${one.status}${one.seconds ? `, ${duration(one.seconds)}` : ""})`).join(" > ") || "no step"}`] : [])].join("\n"));
  if (run) {
    lines.push(...json("Input of the run", run.input));
    if (at) lines.push(...json(`Error of ${code(at.path)}`, at.error), ...json(`Input of ${code(at.path)}`, at.input), ...json(`Asked at ${code(at.path)}`, at.asks), ...json(`Output of ${code(at.path)}`, at.output));
    const story = linesOf(run);
    lines.push("**Story**", block(story.slice(-40).map((line) => `${(duration(line.at) || "").padStart(8)}  ${wordsOf(line)}${line.step ? ` ${line.step}` : ""}`).join("\n")));
  }
  for (const [title, content] of test.row[5].slice(0, 1)) lines.push(`**${text(title)}**`, block(text(content).slice(-4000)));
  return lines.join("\n\n") + "\n";
}

function pickerOf(test, runs, run) {
  if (runs.length < 2) return null;
  const select = element("select", { "aria-label": "Run", onchange: (event) => { location.hash = linkTo(test.key, runs[event.target.value].id); } },
    runs.map((one, index) => element("option", { value: index, selected: one === run }, `${MARKS[one.status] || "•"} ${one.workflow}, run ${index + 1} of ${runs.length}`)));
  return select;
}

function saidOf(test) {
  return test.row[5].map(([title, content], index) => element("details", { class: "said", open: index === 0 && !runsOf(test).length }, element("summary", {}, text(title)), element("pre", {}, text(content))));
}

/** Draws a test and one of its runs, and returns what selects a step there. */
function drawRun(test, runId, stepPath) {
  const runs = runsOf(test);
  const run = runs.find((one) => one.id === runId) || runs[test.row[7]];
  const view = document.getElementById("run");
  const failing = TESTS.filter((one) => FAILED.has(one.outcome));
  const index = failing.indexOf(test);
  const other = (by) => failing[index + by] && element("a", { href: linkTo(failing[index + by].key), class: "button", id: by > 0 ? "next" : "previous" }, by > 0 ? "Next failure ›" : "‹ Previous");
  const [workflow, words, where, why] = sentenceOf(test);
  const panel = element("aside", { class: "panel", "aria-label": "Step" });
  let at;
  const select = (one, isQuiet) => {
    at = one;
    panel.replaceChildren(drawStep(run, at));
    for (const place of view.querySelectorAll("[data-step]")) {
      const isIt = !!at && place.getAttribute("data-step") === at.path;
      place.classList.toggle("selected", isIt);
      if (place.matches("button, g")) isIt ? place.setAttribute("aria-current", "true") : place.removeAttribute("aria-current");
    }
    history.replaceState(null, "", linkTo(test.key, run.id, ...(at ? [at.path] : [])));
    if (!isQuiet && at) say(`${at.path}, ${WORDS[at.status] || at.status}`);
  };
  view.replaceChildren(
    element("nav", { class: "crumbs" }, element("a", { href: "#", class: "button", id: "back" }, "‹ All tests"), index >= 0 ? other(-1) : null, index >= 0 ? other(1) : null),
    element("h2", { class: `sentence ${FAILED.has(test.outcome) ? "bad" : ""}`, tabindex: -1 }, words ? [workflow ? element("b", {}, workflow) : null, " ", words, where ? [" ", element("code", {}, where)] : null] : [badge(test.outcome), " ", run ? run.workflow : "No run"]),
    why ? element("p", { class: "why" }, why) : null,
    element("p", { class: "name" }, element("code", {}, test.name), [duration(test.seconds), targetOf(test), test.from].filter(Boolean).map((one) => element("span", {}, one))),
    run ? element("p", { class: "name run" }, badge(run.status), element("span", {}, "run ", copyButton(run.id, () => run.id, "Copied the run's id")), run.seconds === null ? null : element("span", {}, duration(run.seconds)), run.isGraphKnown ? null : element("span", {}, "no server told its graph: steps in their order")) : null,
    element("div", { class: "tools" }, run ? pickerOf(test, runs, run) : null, run ? compareOf(run) : null, copyButton("Copy as Markdown", () => markdownOf(test, run, at), "Copied as Markdown")));
  if (!run) {
    view.append(element("p", { class: "empty" }, test.row[8] ? "The trace of this test was left out for want of room." : test.hasTrace ? "This test named no run." : "This test had nothing to do with Mastra."), ...saidOf(test));
    return null;
  }
  const drawing = element("div", { class: "drawing", tabindex: 0, role: "group", "aria-label": "Graph, scrolls sideways", onclick: () => select(undefined) }, drawGraph(run, select));
  view.append(
    drawing,
    element("div", { class: "columns" }, element("div", { class: "left" }, element("div", { id: "comparison" }), element("h3", {}, "Timeline"), drawTimeline(run, select), element("h3", {}, "Story"), drawStory(run, select), ...saidOf(test)), panel));
  select(run.steps.find((one) => one.path === stepPath) || (stepPath ? undefined : run.steps[run.failing]), true);
  showStopped(drawing);
  return (by) => {
    const number = (at ? at.index : by > 0 ? -1 : 0) + by;
    const next = run.steps[Math.min(Math.max(number, 0), run.steps.length - 1)];
    if (next) select(next);
  };
}

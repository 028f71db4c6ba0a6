// One run: graph, timeline, story and panel, with one selection in all of them.
function markdownOf(test, run, at) {
  const [workflow, words, where, why] = test.sentence;
  const code = (string) => "`" + visible(string).replaceAll("`", "'") + "`";
  const block = (string, kind = "") => { const fence = "`".repeat(Math.max(3, ...(string.match(/`+/g) || []).map((one) => one.length + 1))); return `${fence}${kind}\n${visible(string)}\n${fence}`; };
  const part = (title, later) => (later() === undefined ? [] : [`**${title}**`, block(json(later(), null, 2).slice(0, 4000), "json")]);
  const lines = [words ? `### ${joined(" ", workflow && code(workflow), words, where && code(where))}` : `### ${code(test.name)} ${test.outcome}`];
  if (why) lines.push(block(why));
  lines.push([`- test: ${code(test.name)}, ${joined(" after ", test.outcome, duration(test.seconds))}`, `- again: ${code(againOf(test))}`,
    ...test.faults.map((fault) => `- fault: ${code(fault.rule)}, ${metWords(fault)}`),
    ...(run ? [`- run: ${code(run.id)} of ${code(run.workflow)}, ${joined(" after ", run.status, duration(run.seconds))}, on ${test.target}`,
      `- path: ${run.steps.map((one) => `${code(one.path)} (${stateOf(one)})`).join(" → ") || "no step"}`] : [])].join("\n"));
  if (run) {
    lines.push(...part("Input of the run", run.input));
    for (const name of at ? ["error", "input", "asks", "output"] : []) lines.push(...part(`${name} of ${code(at.path)}`, at[name]));
    for (const one of run.differences) lines.push(`- differs from the ${code(one.title)} at ${code(one.path)}: ${code(shortly(one.was()))} → ${code(shortly(one.is()))}`);
    const story = linesOf(run);
    lines.push("**Story**", block(story.slice(-40).map((line) => `${(duration(line.at) || "").padStart(8)}  ${wordsOf(line)} ${line.rule || line.step || ""}`.trimEnd()).join("\n")));
  }
  for (const [title, content] of test.said.slice(0, 1)) lines.push(`**${title}**`, block(content.slice(-4000)));
  return lines.join("\n\n") + "\n";
}

const pickerOf = (test, runs, run) => runs.length > 1 && el("select", { "aria-label": "Run", onchange: ({ target }) => { location.hash = linkTo(test.key, runs[target.value].id); } },
  runs.map((one, index) => el("option", { value: index, selected: one === run }, `${markOf(one.status)} ${one.workflow}, run ${index + 1} of ${runs.length}`)));

function saidOf(test, isOpen) {
  return test.said.map(([title, content], index) => el("details.said", { open: index === 0 && isOpen }, el("summary", title), el("pre", content)));
}

/** Draws a test and one of its runs, and returns what selects a step there. */
function drawRun(test, runId, stepPath) {
  const { runs = [] } = test;
  const run = runs.find((one) => one.id === runId) || runs[test.main];
  const view = byId("run");
  const failing = TESTS.filter(hasFailed);
  const index = failing.indexOf(test);
  const other = (by) => failing[index + by] && el("a", { href: linkTo(failing[index + by].key), class: "button", id: by > 0 ? "next" : "previous" }, by > 0 ? "Next failure ›" : "‹ Previous");
  const [workflow, words, where, why] = test.sentence;
  const panel = el("aside.panel", { "aria-label": "Step" });
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
    if (!isQuiet && at) say(`${at.path}, ${wordOf(at.status)}`);
  };
  view.replaceChildren(
    el("nav.crumbs", el("a", { href: "#", class: "button", id: "back" }, "‹ All tests"), index >= 0 ? other(-1) : "", index >= 0 ? other(1) : ""),
    el("h2", { class: `sentence ${hasFailed(test) ? "bad" : ""}`, tabindex: -1 }, words ? [workflow ? el("b", workflow) : "", " ", words, where ? [" ", el("code", where)] : ""] : [badge(test.outcome), " ", run ? run.workflow : "No run"]),
    why ? el("p.why", why) : "",
    el("p.name", el("code", test.name), [duration(test.seconds), test.target, test.from].map((one) => one && el("span", one))),
    run ? el("p.name.run", badge(run.status), el("span", "run ", copyButton(run.id, run.id, "the run's id")), el("span", duration(run.seconds)), run.isGraphKnown || !run.steps.length ? null : el("span", "no server told its graph: steps in their order")) : "",
    el("div.tools", run && pickerOf(test, runs, run), run && compareOf(run), copyButton("Copy as Markdown", () => markdownOf(test, run, at), "as Markdown")));
  if (!run) {
    view.append(el("p.empty", test.isThinned ? "The trace of this test was left out for want of room." : test.runs ? "This test named no run." : "This test had nothing to do with Mastra."), ...saidOf(test, true));
    return null;
  }
  // where no step stopped, what the test says is the news: a value, a snapshot or a cassette that differs
  const isFine = run.failing < 0;
  const drawing = el("div.drawing", { tabindex: 0, role: "group", "aria-label": "Graph, scrolls sideways", onclick: () => select(undefined) }, drawGraph(run, select));
  if (run.graph[2].length) view.append(drawing);
  view.append(
    el("div.columns", el("div.left", el("div", { id: "comparison" }), isFine && saidOf(test, !run.differences.length), el("h3", "Timeline"), drawTimeline(run, select), el("h3", "Story"), drawStory(run, select), !!test.faults.length && [el("h3", "Faults of the test"), el("div.faults", test.faults.map(faultOf))], !isFine && saidOf(test)), panel));
  select(run.steps.find((one) => one.path === stepPath) || (stepPath ? undefined : run.steps[run.failing] || run.steps.find((one) => differs(run, one))), true);
  showStopped(drawing);
  return (by) => {
    const number = (at ? at.index : by > 0 ? -1 : 0) + by;
    const next = run.steps[Math.min(Math.max(number, 0), run.steps.length - 1)];
    if (next) select(next);
  };
}

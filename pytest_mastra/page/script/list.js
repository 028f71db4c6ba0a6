// All tests: those that failed are there already, the others are listed; filters go over both.
const ROWS = 200;
const chosen = { outcomes: new Set(), workflow: "", words: "" };
let cards = [];

function matches(test) {
  if (chosen.outcomes.size && !chosen.outcomes.has(test.outcome)) return false;
  if (chosen.workflow && !workflowsOf(test).includes(chosen.workflow)) return false;
  if (!chosen.words) return true;
  test.searched ||= [test.name, ...sentenceOf(test), text(test.row[4]), ...workflowsOf(test)].join(" ").toLowerCase();
  return chosen.words.split(/\s+/).every((word) => test.searched.includes(word));
}

function rowOf(test) {
  const [workflow, words, where, why] = sentenceOf(test);
  const said = words ? `${[workflow, words, where].filter(Boolean).join(" ")}${why ? `: ${why}` : ""}` : text(test.row[4]);
  return element("li", {}, element("a", { href: linkTo(test.key) }, element("span", { class: `mark ${test.outcome}`, title: test.outcome }, MARKS[test.outcome] || "•"), element("span", { class: "unseen" }, `${test.outcome}: `),
    element("span", { class: "test" }, test.name, said ? element("small", {}, said.length > 300 ? `${said.slice(0, 300)}…` : said) : null), element("span", { class: "workflows" }, workflowsOf(test).join(", ")), element("span", { class: "took" }, duration(test.seconds))));
}

function drawList() {
  const shown = new Set(cards.map(([test]) => test));
  let failed = 0;
  for (const [test, card] of cards) { card.hidden = !matches(test); failed += !card.hidden; }
  const others = TESTS.filter((test) => !shown.has(test) && matches(test)).sort((one, other) => one.row[1] - other.row[1] || one.number - other.number);
  const place = document.getElementById("others");
  const list = element("ol", { class: "tests" });
  let from = 0;
  const more = button("", () => grow(1000), { class: "more" });
  const grow = (count) => {
    list.append(...others.slice(from, from + count).map(rowOf));
    from += count;
    more.textContent = `Show ${Math.min(1000, others.length - from).toLocaleString("en")} more of ${others.length.toLocaleString("en")}`;
    more.hidden = from >= others.length;
  };
  grow(ROWS);
  place.replaceChildren(others.length ? element("h2", { class: "part" }, cards.length ? "The other tests" : "Tests", element("span", {}, others.length.toLocaleString("en"))) : "", list, more);
  if (!failed && !others.length && TESTS.length) place.replaceChildren(element("p", { class: "empty" }, "No test matches. ", button("Show all", clearFilters)));
  return failed + others.length;
}

function clearFilters() {
  chosen.outcomes.clear();
  chosen.workflow = chosen.words = "";
  for (const one of document.querySelectorAll("#counts button")) one.setAttribute("aria-pressed", "false");
  for (const one of document.querySelectorAll("#filters input, #filters select")) one.value = "";
  drawList();
}

const filtered = () => say(`${plural(drawList(), "test")} shown`);
function drawFilters() {
  for (const item of document.querySelectorAll("#counts li")) {
    const made = button("", () => {
      const isOn = made.getAttribute("aria-pressed") !== "true";
      made.setAttribute("aria-pressed", isOn);
      chosen.outcomes[isOn ? "add" : "delete"](item.dataset.outcome);
      filtered();
    }, { "aria-pressed": "false" });
    made.append(...item.childNodes);
    item.append(made);
  }
  const workflows = [...new Set(TESTS.flatMap(workflowsOf))].sort();
  let waiting;
  const place = document.getElementById("filters");
  place.append(element("input", { type: "search", id: "search", placeholder: "Filter by name, step, error   /", "aria-label": "Filter tests by text", oninput: (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { chosen.words = event.target.value.trim().toLowerCase(); filtered(); }, TESTS.length > 3000 ? 150 : 0);
  } }), workflows.length > 1 ? element("select", { "aria-label": "Workflow", onchange: (event) => { chosen.workflow = event.target.value; filtered(); } }, element("option", { value: "" }, "All workflows"), workflows.map((one) => element("option", { value: one }, one))) : "");
  place.hidden = TESTS.length < 2;
}

// All tests: those that failed are there already, the others are listed; filters go over both.
const ROWS = 500;
const chosen = { outcomes: new Set(), workflow: "", words: "" };
let cards = [], isMixed;

function matches(test) {
  if (chosen.outcomes.size && !chosen.outcomes.has(test.outcome)) return false;
  if (chosen.workflow && !workflowsOf(test).includes(chosen.workflow)) return false;
  if (!chosen.words) return true;
  test.searched ||= [test.name, ...test.sentence, test.message, test.target, test.from, ...workflowsOf(test)].join(" ").toLowerCase();
  return chosen.words.split(/\s+/).every((word) => test.searched.includes(word));
}

function rowOf(test) {
  const [workflow, words, where, why] = test.sentence;
  const said = words ? joined(": ", joined(" ", workflow, words, where), why) : test.message;
  return el("li", el("a", { href: linkTo(test.key) }, el("span", { class: `mark ${test.outcome}`, title: test.outcome }, markOf(test.outcome)), el("span.unseen", `${test.outcome}: `),
    el("span.test", test.name, said ? el("small", clipped(said, 300)) : ""), el("span.workflows", joined(", ", ...workflowsOf(test), isMixed && test.target)), el("span.took", duration(test.seconds))));
}

function drawList() {
  const shown = new Set(cards.map(([test]) => test));
  let failed = 0;
  for (const [test, card] of cards) { card.hidden = !matches(test); failed += !card.hidden; }
  const others = TESTS.filter((test) => !shown.has(test) && matches(test)).sort((one, other) => one.rank - other.rank || one.number - other.number);
  const place = byId("others");
  const isAny = failed || others.length;
  place.replaceChildren(others.length ? el("h2.part", cards.length ? "The other tests" : "Tests", el("span", many(others.length))) : isAny ? "" : el("p.empty", TESTS.length ? "No test matches." : ""));
  addInParts(place.appendChild(el("ol.tests")), others, rowOf, ROWS, place);
  return failed + others.length;
}

const filtered = () => say(`${plural(drawList(), "test")} shown`);
function readyFilters() {
  for (const one of every("#counts button")) {
    one.disabled = false;
    one.onclick = () => {
      const isOn = one.ariaPressed !== "true";
      one.ariaPressed = isOn;
      chosen.outcomes[isOn ? "add" : "delete"](one.value);
      filtered();
    };
  }
  let waiting;
  byId("search").oninput = ({ target }) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { chosen.words = target.value.trim().toLowerCase(); filtered(); }, TESTS.length > 3000 ? 150 : 0);
  };
  const workflows = [...new Set(TESTS.flatMap(workflowsOf))].sort(), select = byId("workflow");
  select.append(...workflows.map((one) => el("option", { value: one }, one)));
  select.onchange = () => { chosen.workflow = select.value; filtered(); };
  select.hidden = workflows.length < 2;
  isMixed = new Set(TESTS.map((test) => test.target).filter(Boolean)).size > 1;
  byId("filters").hidden = TESTS.length < 2;
}

// Two runs of one workflow, step by step.
function compareOf(run) {
  const others = [];
  for (const test of TESTS) {
    if (others.length > 500) break;
    test.briefly.forEach((one, index) => { if (one.workflow === run.workflow && (test !== run.test || index !== run.index)) others.push({ ...one, test, index }); });
  }
  if (!others.length) return null;
  const label = (one) => `${markOf(one.status)} ${lastOf(one.test)}, ${joined(", ", one.test.target, one.id, one.test.from)}`;
  others.sort((one, other) => (other.test.name === run.test.name) - (one.test.name === run.test.name));
  return el("select", { "aria-label": "Compare with", id: "compare", onchange: async ({ target }) => {
    const chosen = others[target.value];
    if (chosen) await openPart(chosen.test);
    const other = chosen?.test.runs[chosen.index];
    byId("comparison").replaceChildren(...(other ? [el("h3", `Compared with ${joined(", ", other.test.name, other.test.target)}`), drawComparison(...[run, other].sort((one, two) => one.test.number - two.test.number || one.index - two.index))] : []));
  } }, el("option", { value: "" }, "Compare with…"), others.map((one, index) => el("option", { value: index }, label(one))));
}

const lastOf = (test) => test.name.split("::").pop();
const headsOf = (one, other) => one.target !== other.target ? [one.target, other.target] : one.name === other.name ? ["Before", "Now"] : [lastOf(one), lastOf(other)];

function drawComparison(before, after) {
  const paths = [...new Set([...after.steps, ...before.steps].map((one) => one.path.replace(UUID, "")))];
  const find = (run, path) => run.steps.find((one) => one.path.replace(UUID, "") === path);
  const rows = [[after.workflow, { ...before, output: before.result }, { ...after, output: after.result }], ...paths.map((path) => [path, find(before, path), find(after, path)])];
  const cell = (one) => el("td", one ? [badge(one.status), " ", el("small", duration(one.seconds))] : el("span.null", "not reached"));
  return el("table.comparison", el("thead", el("tr", ["Step", ...headsOf(before.test, after.test), "What differs"].map((one) => el("th", { scope: "col" }, one)))),
    el("tbody", rows.map(([name, one, other]) => {
      const found = one && other ? ["input", "output", "error", "asks", "answer"].flatMap((field) => {
        const was = one[field]?.(), is = other[field]?.();
        // servers forget what was asked once it is answered
        return field === "asks" && !was !== !is ? [] : differences(was, is, field);
      }) : [];
      return el("tr", { class: found.length || !one || !other || one.status !== other.status ? "differs" : "same" }, el("th", { scope: "row" }, name), cell(one), cell(other),
        el("td", found.slice(0, 8).map(changed), found.length > 8 ? `and ${found.length - 8} more` : found.length ? null : one && other ? "nothing" : ""));
    })));
}

const changed = ([path, was, is]) => el("div", el("code", path), was === is ? "" : [" ", el("del", shortly(was)), " → ", el("ins", shortly(is))]);

/** Draws in what a run, or a step of it, differs from snapshot or recording. */
function drawDifferences(run, at) {
  const found = run.differences.filter((one) => !at || one.step === at.path);
  const titles = new Set(found.map((one) => one.title));
  return [...titles].map((title) => el("section.value.changed", el("h4", `Differs from the ${title}`),
    found.filter((one) => one.title === title).map((one, index, all) => [one.where && one.where !== all[index - 1]?.where && el("p.target", one.where), changed([one.path, one.was(), one.is()])])));
}

const UUID = /_[0-9a-f]{8}-[0-9a-f-]{27}/g;
const shortly = (item) => clipped(item === undefined ? "nothing" : json(item), 80);

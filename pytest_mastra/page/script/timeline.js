// A run's steps on a time axis; long waits are shrunk, and the break is drawn with its length.
const MOST_BARS = 300;

/** Returns a function from seconds to percents, the breaks as [percent, seconds], and how many percent each takes. */
function axisOf(run, end) {
  const busy = run.steps.flatMap((one) => one.spans.filter(([kind]) => "wf".includes(kind)).map(([, from, to]) => [from, to ?? end])).sort((one, other) => one[0] - other[0]);
  const gaps = [];
  let at = 0;
  for (const [from, to] of [...busy, [end, end]]) {
    if (from > at) gaps.push([at, from - at]);
    at = Math.max(at, to);
  }
  const sum = (all) => all.reduce((total, [, seconds]) => total + seconds, 0);
  const breaks = gaps.filter(([, seconds]) => seconds > Math.max(end - sum(gaps), end * 0.15));
  const rest = end - sum(breaks), isAll = rest < end * 1e-6;
  const share = isAll ? 100 / breaks.length : Math.min(14, 60 / breaks.length);
  const perSecond = isAll || !end ? 0 : (100 - share * breaks.length) / rest;
  const within = (moment, most) => Math.min(Math.max(moment, 0), most);
  const place = (moment) => breaks.reduce((left, [from, seconds]) => left + within(moment - from, seconds) * (share / seconds - perSecond), within(moment, end) * perSecond);
  return [place, breaks.map(([from, seconds]) => [place(from), seconds]), share];
}

function drawTimeline(run, select) {
  const ends = run.steps.flatMap((one) => one.spans.flatMap((span) => [span[1], span[2] ?? span[1]]));
  const end = Math.max(run.seconds || 0, ...ends.slice(0, 5000), 0);
  if (!run.steps.length || !ends.length) return el("p.empty", "No times are known of this run.");
  const [place, breaks, share] = axisOf(run, end);
  const bars = (...inner) => el("span.bars", inner);
  const made = el("div.timeline", el("div.scale", { "aria-hidden": "true" }, bars(breaks.some(([left]) => left < 4) ? "" : el("b.from", "0"),
    breaks.map(([left, seconds]) => percent(el("b.gap", `// ${duration(seconds)} //`), left, share)), breaks.some(([left]) => left + share > 88) ? "" : el("b.to", duration(end)))));
  const list = el("ol", { "aria-label": "Timeline" });
  const struck = linesOf(run).filter((line) => line.rule);
  // one beside the other where they struck at once
  let left = -9;
  const marks = struck.slice(0, MOST_BARS).map((line) => percent(
    button("✂", () => openLine(line), { class: "strike", title: line.rule, "aria-label": `${line.rule}, at ${duration(line.at)}`, "data-step": line.step }), left = Math.max(place(line.at - run.began), left + 3), 0));
  if (marks.length) made.append(el("div.scale.struck", "Faults", bars(marks)));
  made.append(list);
  return addInParts(list, run.steps, (one) => el("li", button([
    el(`span.step.depth${Math.min(one.path.split(".").length - 1, 6)}`, el("span", { class: `mark ${classOf(one.status)}` }, markOf(one.status)), " ", one.name, one.count && el("em", ` ${one.count}`)),
    bars(breaks.map(([left]) => percent(el("i.break"), left, share)), one.spans.map(([kind, from, to]) => percent(
      el("i.bar", { class: { w: classOf(one.status), f: "failed", p: "pause" }[kind] || "idle", title: `from ${duration(from)}${to === null ? " on" : ` to ${duration(to)}`}` }), place(from), place(to ?? end) - place(from)))),
    el("span.took", duration(one.seconds))], () => select(one), { class: "row", title: one.path, "data-step": one.path, "aria-label": `${one.path}, ${wordOf(one.status)}, ${duration(one.seconds)}` })), MOST_BARS, made);
}

function percent(made, left, width) {
  made.style.left = `${left}%`;
  made.style.width = `${width}%`;
  return made;
}

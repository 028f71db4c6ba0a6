// A run's steps on a time axis; long waits are shrunk, and the break is drawn with its length.
const MOST_BARS = 300;

/** Returns the pieces of the axis: [begin, end, isBreak], in seconds. */
function piecesOf(run, end) {
  const busy = run.steps.flatMap((one) => one.spans.filter((span) => span[0] === "w").map((span) => [span[1], span[2] ?? end])).sort((one, other) => one[0] - other[0]);
  const gaps = [];
  let at = 0;
  for (const [from, to] of [...busy, [end, end]]) {
    if (from > at) gaps.push([at, from]);
    at = Math.max(at, to);
  }
  const idle = gaps.reduce((sum, gap) => sum + gap[1] - gap[0], 0);
  const rest = end - idle;
  const long = gaps.filter((gap) => gap[1] - gap[0] > Math.max(rest, end * 0.02) && gap[1] - gap[0] > end * 0.15);
  const pieces = [];
  at = 0;
  for (const gap of long) {
    if (gap[0] > at) pieces.push([at, gap[0], false]);
    pieces.push([gap[0], gap[1], true]);
    at = gap[1];
  }
  if (end > at) pieces.push([at, end, false]);
  return pieces;
}

/** Returns a function from seconds to percents, and the breaks in percents. */
function axisOf(run, end) {
  const pieces = piecesOf(run, end);
  const breaks = pieces.filter((piece) => piece[2]);
  const share = breaks.length === pieces.length ? 100 / Math.max(breaks.length, 1) : Math.min(14, 60 / Math.max(breaks.length, 1));
  const rest = pieces.reduce((sum, piece) => sum + (piece[2] ? 0 : piece[1] - piece[0]), 0);
  const perSecond = rest ? (100 - share * breaks.length) / rest : 0;
  let left = 0;
  for (const piece of pieces) {
    piece[3] = left;
    piece[4] = piece[2] ? share : (piece[1] - piece[0]) * perSecond;
    left += piece[4];
  }
  const place = (moment) => {
    const piece = pieces.find((one) => moment <= one[1]) || pieces[pieces.length - 1];
    return piece ? Math.min(100, piece[3] + (piece[1] > piece[0] ? (moment - piece[0]) / (piece[1] - piece[0]) : 0) * piece[4]) : 0;
  };
  return [place, breaks];
}

function drawTimeline(run, select) {
  const ends = run.steps.flatMap((one) => one.spans.flatMap((span) => [span[1], span[2] ?? span[1]]));
  const end = Math.max(run.seconds || 0, ...ends.slice(0, 5000), 0);
  if (!run.steps.length || !ends.length) return el("p.empty", "No times are known of this run.");
  const [place, breaks] = axisOf(run, end);
  const bars = (...inner) => el("span.bars", inner);
  const made = el("div.timeline", el("div.scale", { "aria-hidden": "true" }, bars(breaks.some((gap) => gap[3] < 4) ? "" : el("b.from", "0"),
    breaks.map((gap) => percent(el("b.gap", `// ${duration(gap[1] - gap[0])} //`), gap[3], gap[4])), breaks.some((gap) => gap[3] + gap[4] > 88) ? "" : el("b.to", duration(end)))));
  const list = el("ol", { "aria-label": "Timeline" });
  made.append(list);
  return addInParts(list, run.steps, (one) => el("li", el("button.row", { type: "button", "data-step": one.path, onclick: () => select(one), "aria-label": `${one.path}, ${wordOf(one.status)}, ${duration(one.seconds)}` },
    el(`span.step.depth${Math.min(one.path.split(".").length - 1, 6)}`, el("span", { class: `mark ${classOf(one.status)}` }, markOf(one.status)), " ", one.name, one.count && el("em", ` ${one.count}`)),
    bars(breaks.map((gap) => percent(el("i.break"), gap[3], gap[4])), one.spans.map(([kind, from, to]) => percent(
      el("i.bar", { class: kind === "w" ? classOf(one.status) : kind === "p" ? "pause" : "idle", title: `from ${duration(from)}${to === null ? " on" : ` to ${duration(to)}`}` }), place(from), place(to ?? end) - place(from)))),
    el("span.took", duration(one.seconds)))), MOST_BARS, made);
}

function percent(made, left, width) {
  made.style.left = `${left}%`;
  made.style.width = `${width}%`;
  return made;
}

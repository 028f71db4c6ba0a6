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
  if (!run.steps.length || !ends.length) return element("p", { class: "empty" }, "No times are known of this run.");
  const [place, breaks] = axisOf(run, end);
  const list = element("ol", { class: "rows", "aria-label": "Timeline" });
  const add = (steps) => {
    for (const one of steps) {
      const bars = element("span", { class: "bars" });
      for (const gap of breaks) bars.append(percent(element("i", { class: "break" }), gap[3], gap[4]));
      for (const [kind, from, to] of one.spans) {
        const bar = element("i", { class: `bar ${kind === "w" ? classOf(one.status) : kind === "p" ? "pause" : "idle"}${to === null ? " on" : ""}`, title: `from ${duration(from)}${to === null ? " on" : ` to ${duration(to)}`}` });
        bars.append(percent(bar, place(from), Math.max(place(to ?? end) - place(from), 0)));
      }
      const depth = Math.min(one.path.split(".").length - 1, 6);
      list.append(element("li", {}, element("button", { type: "button", class: "row", "data-step": one.path, onclick: () => select(one), "aria-label": `${one.path}, ${WORDS[one.status] || one.status}, ${duration(one.seconds)}` },
        element("span", { class: `step depth${depth}` }, element("span", { class: `mark ${classOf(one.status)}` }, MARKS[one.status] || "•"), " ", one.name, one.count ? element("em", {}, ` ${one.count}`) : null),
        bars, element("span", { class: "took" }, duration(one.seconds)))));
    }
  };
  add(run.steps.slice(0, MOST_BARS));
  const made = element("div", { class: "timeline" }, list);
  if (run.steps.length > MOST_BARS) {
    const more = button(`draw ${plural(run.steps.length - MOST_BARS, "more step")}`, () => { add(run.steps.slice(MOST_BARS)); more.remove(); }, { class: "more" });
    made.append(more);
  }
  const scale = element("div", { class: "scale", "aria-hidden": "true" }, element("span", { class: "bars" }, element("b", { class: "from" }, "0"), breaks.map((gap) => percent(element("b", { class: "gap" }, `// ${duration(gap[1] - gap[0])} //`), gap[3], gap[4])), breaks.some((gap) => gap[3] + gap[4] > 88) ? null : element("b", { class: "to" }, duration(end))));
  made.prepend(scale);
  return made;
}

function percent(made, left, width) {
  made.style.left = `${left}%`;
  made.style.width = `${width}%`;
  return made;
}

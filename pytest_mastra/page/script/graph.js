// A run's graph, on places that were worked out when the page was written.
const BLOCKS = new Set(["parallel", "branch"]);
const KINDS = { loop: "loop", foreach: "for each", nested: "workflow", sleep: "sleep", map: "mapping", step: "step" };

function showStopped(drawing) {
  const stopped = drawing.querySelector(".selected, .failed:not(.group), .tripwire, .suspended, .paused");
  if (stopped) drawing.scrollLeft = Math.max(0, stopped.getBBox().x - drawing.clientWidth / 2);
}

function drawGraph(run, select) {
  const [width, height, boxes, lines] = run.graph;
  const made = element("svg:svg", { class: "graph", role: "group", "aria-label": `Graph of ${run.workflow}`, width, height, viewBox: `0 0 ${width} ${height}` });
  const taken = new Set(run.taken);
  const paths = (wanted) => lines.filter((_, number) => taken.has(number) === wanted).join("");
  for (const wanted of [false, true]) if (paths(wanted)) made.append(element("svg:path", { class: wanted ? "line taken" : "line", d: paths(wanted) }));
  boxes.forEach(([kind, label, title, x, y, w, h, axis, caption, path], number) => {
    if (caption >= 0) {
      const words = visible(text(caption));
      made.append(element("svg:text", { class: "caption", x, y: y - 5 }, words.length > 34 ? `${words.slice(0, 33)}…` : words, element("svg:title", {}, words)));
    }
    if (BLOCKS.has(kind)) return;
    const at = run.steps[run.at[number]];
    const isGroup = h > 40;
    const classes = ["box", kind, at ? classOf(at.status) : "untaken", isGroup ? "group" : "", at && run.failing === at.index ? "stopped" : ""];
    const baseline = isGroup ? y + 16 : axis + 4.5;
    const name = `${KINDS[kind] || kind} ${text(path)}, ${at ? WORDS[at.status] || at.status : "not reached"}${at && at.count ? `, ${at.count}` : ""}`;
    made.append(element("svg:g", { class: classes.join(" "), role: "button", tabindex: at ? 0 : undefined, "aria-label": name, "aria-disabled": at ? undefined : "true",
      "data-step": at ? at.path : undefined, onclick: (event) => { event.stopPropagation(); if (at) select(at); },
      onkeydown: (event) => { if (at && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); select(at); } } },
    element("svg:title", {}, `${text(title)}${at ? `\n${at.status}${at.seconds ? `, ${duration(at.seconds)}` : ""}` : "\nnot reached"}`),
    element("svg:rect", { x, y, width: w, height: h, rx: 7 }),
    element("svg:text", { x: x + 11, y: baseline }, `${at ? `${MARKS[at.status] || "•"} ` : ""}${text(label)}`),
    at && at.count ? element("svg:text", { class: "count", x: x + w - 8, y: baseline }, at.count) : null));
  });
  return made;
}

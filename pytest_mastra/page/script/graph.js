// A run's graph, on places that were worked out when the page was written.
const BLOCKS = new Set(["parallel", "branch"]);

function showStopped(drawing) {
  const svg = drawing.firstChild, x = svg.dataset.stopped ?? svg.querySelector(".selected")?.getBBox().x;
  if (x) drawing.scrollLeft = Math.max(0, x - drawing.clientWidth / 2);
}

const differs = (run, at) => run.differences.some((one) => one.step === at.path);

function drawGraph(run, select) {
  const [width, height, boxes, lines] = run.graph;
  const made = el("svg:svg.graph", { role: "group", "aria-label": `Graph of ${run.workflow}`, width, height, viewBox: `0 0 ${width} ${height}` });
  const taken = new Set(run.taken);
  const paths = (wanted) => lines.filter((_, number) => taken.has(number) === wanted).join("");
  for (const wanted of [false, true]) if (paths(wanted)) made.append(el("svg:path", { class: wanted ? "line taken" : "line", d: paths(wanted) }));
  boxes.forEach(([kind, label, title, x, y, w, h, axis, caption, path], number) => {
    if (caption >= 0) {
      const words = visible(text(caption));
      made.append(el("svg:text.caption", { x, y: y - 5 }, words.length > 34 ? `${words.slice(0, 33)}…` : words, el("svg:title", words)));
    }
    if (BLOCKS.has(kind)) return;
    const at = run.steps[run.at[number]];
    const isGroup = h > 40;
    const classes = ["box", kind, at ? classOf(at.status) : "untaken", isGroup ? "group" : "", at && run.failing === at.index ? "stopped" : ""];
    const baseline = isGroup ? y + 16 : axis + 4.5;
    const name = `${kind} ${text(path)}, ${at ? wordOf(at.status) : "not reached"}${at && at.count ? `, ${at.count}` : ""}${at && differs(run, at) ? ", differs" : ""}`;
    made.append(el("svg:g", { class: classes.join(" "), role: "button", tabindex: at ? 0 : undefined, "aria-label": name, "aria-disabled": at ? undefined : "true",
      "data-step": at ? at.path : undefined, onclick: (event) => { event.stopPropagation(); if (at) select(at); },
      onkeydown: (event) => { if (at && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); select(at); } } },
    el("svg:title", `${text(title)}${at ? `\n${at.status}${at.seconds ? `, ${duration(at.seconds)}` : ""}` : "\nnot reached"}`),
    el("svg:rect", { x, y, width: w, height: h, rx: 7 }),
    el("svg:text", { x: x + 11, y: baseline }, `${at ? `${differs(run, at) ? "≠" : markOf(at.status)} ` : ""}${text(label)}`),
    at && at.count ? el("svg:text.count", { x: x + w - 8, y: baseline }, at.count) : ""));
  });
  return made;
}

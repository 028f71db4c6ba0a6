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
  const struck = new Set(linesOf(run).map((line) => line.rule && line.step));
  const taken = new Set(run.taken);
  const paths = (wanted) => lines.filter((_, number) => taken.has(number) === wanted).join("");
  for (const wanted of [false, true]) if (paths(wanted)) made.append(el("svg:path", { class: wanted ? "line taken" : "line", d: paths(wanted) }));
  boxes.forEach(([kind, label, title, x, y, w, h, axis, caption, path], number) => {
    if (caption >= 0) {
      const words = visible(text(caption));
      made.append(el("svg:text.caption", { x, y: y - 5 }, clipped(words, 33), el("svg:title", words)));
    }
    if (BLOCKS.has(kind)) return;
    const at = run.steps[run.at[number]];
    const isGroup = h > 40;
    const classes = ["box", kind, at ? classOf(at.status) : "untaken", isGroup ? "group" : "", at && run.failing === at.index ? "stopped" : ""];
    const baseline = isGroup ? y + 16 : axis + 4.5;
    const isOther = at && differs(run, at), isStruck = at && struck.has(at.path);
    const choose = (event) => { event.preventDefault(); event.stopPropagation(); if (at) select(at); };
    made.append(el("svg:g", { class: classes.join(" "), role: "button", tabindex: at && 0, "aria-disabled": at ? undefined : "true", "data-step": at?.path,
      "aria-label": joined(", ", `${kind} ${text(path)}`, wordOf(at ? at.status : ""), at?.count, isOther && "differs", isStruck && "a fault struck"),
      onclick: choose, onkeydown: (event) => { if ([" ", "Enter"].includes(event.key)) choose(event); } },
    el("svg:title", joined("\n", text(title), at ? stateOf(at) : "not reached")),
    el("svg:rect", { x, y, width: w, height: h, rx: 7 }),
    el("svg:text", { x: x + 11, y: baseline }, joined(" ", at && (isOther ? "≠" : markOf(at.status)), text(label))),
    at?.count && kind !== "step" && el("svg:text.count", { x: x + w - 8, y: baseline }, at.count), isStruck && el("svg:text.strike", { x: x + w - 9, y: y + 5 }, "✂")));
  });
  return made;
}

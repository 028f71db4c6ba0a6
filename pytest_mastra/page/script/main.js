// What the address says is shown; keys go from place to place.
let move = null, scrolled = 0;

async function route() {
  const parts = location.hash.slice(1).split("/").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
  const test = parts[0] && TESTS.find((one) => one.key === parts[0]);
  const all = byId("all"), view = byId("run"), asked = location.hash;
  if (test) await openPart(test);
  // another may have been asked for since
  if (asked !== location.hash) return;
  if (!all.hidden) scrolled = window.scrollY;
  all.hidden = !!test;
  view.hidden = !test;
  document.body.classList.toggle("one", !!test);
  move = test ? drawRun(test, parts[1], parts[2]) : null;
  if (test) {
    view.querySelector("h2").focus({ preventScroll: true });
    window.scrollTo(0, 0);
  } else {
    view.replaceChildren();
    window.scrollTo(0, scrolled);
    if (parts[0]) byId(parts[0])?.scrollIntoView();
  }
}

const KEYS = {
  "/": () => byId("search")?.focus(),
  j: () => go(1), k: () => go(-1),
  n: () => byId("next")?.click(), p: () => byId("previous")?.click(),
  Escape: () => { if (location.hash.length > 1) location.hash = ""; },
};

/** Goes to the next step of a run, or to the next test of the list. */
function go(by) {
  if (move) return move(by);
  const links = every("#all article:not([hidden]) h2 a, #others li a");
  const next = links[links.indexOf(document.activeElement) + by] || links[by > 0 ? 0 : links.length - 1];
  next?.focus();
}

document.onkeydown = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches("input, select, textarea");
  if (isTyping && event.key === "Escape") event.target.blur();
  else if (!isTyping && KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
};

openList().then(async () => {
  const failed = TESTS.filter(hasFailed);
  // a drawing that is wider than its card begins at what stopped
  const seen = new IntersectionObserver((entries) => { for (const { target, isIntersecting } of entries) if (isIntersecting) { seen.unobserve(target); showStopped(target); } });
  for (const drawing of every(".card .drawing")) seen.observe(drawing);
  cards = every("#failures article").map((card, index) => [failed[index], card]);
  readyFilters();
  drawList();
  await route();
  window.onhashchange = route;
  document.body.dataset.ready = "true";
}).catch((problem) => {
  byId("others").append(el("p.note", `This browser cannot open the data of the page (${problem.message}); what failed stands above.`));
});

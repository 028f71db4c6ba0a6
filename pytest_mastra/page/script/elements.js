// Elements: text goes in as text only, and what does not print is written as an escape.
const MARKS = { __proto__: null, success: "✓", bailed: "✓", failed: "✗", tripwire: "✗", suspended: "?", paused: "‖", waiting: "…", canceled: "−",
  skipped: "−", running: "▸", passed: "✓", error: "✗", xfailed: "✓", xpassed: "✗" };
const WORDS = { __proto__: null, success: "succeeded", bailed: "bailed", failed: "failed", tripwire: "tripwire", "": "not reached" };
const markOf = (status) => MARKS[status] || "•";
const wordOf = (status) => WORDS[status] || status;
const byId = (id) => document.getElementById(id);
const every = (selector) => [...document.querySelectorAll(selector)];
const many = (count) => count.toLocaleString("en");
const classOf = (status) => (status in MARKS ? status : "unknown");

const UNPRINTABLE = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu;
const visible = (string) => string.replace(UNPRINTABLE, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);

/** Returns an element, named as "p.some.classes"; of its properties, "on..." listen; children that are texts are made visible. */
function el(name, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = tag.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  const isPlain = children[0] && Object.getPrototypeOf(children[0]) === Object.prototype;
  for (const [key, item] of Object.entries(isPlain ? children.shift() : {})) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), item);
    else if (key === "class") classes.push(...item.split(" "));
    else if (item || item === 0 || item === "") made.setAttribute(key, item === true ? "" : item);
  }
  for (const one of classes) if (one) made.classList.add(one);
  for (const child of children.flat(9)) {
    if (child || child === 0) made.append(child instanceof Node ? child : visible(String(child)));
  }
  return made;
}

const button = (label, onclick, properties = {}) => el("button", { type: "button", onclick, ...properties }, label);
/** Adds what is made of items, so many at a time; a button after them brings more. */
function addInParts(place, items, make, count, after = place) {
  let from = 0;
  const more = button("", grow, { class: "more" });
  function grow() {
    more.remove();
    place.append(...items.slice(from, from + count).map(make));
    from += count;
    more.textContent = `Show ${many(Math.min(count, items.length - from))} more of ${many(items.length)}`;
    if (from < items.length) after.append(more);
  }
  grow();
  return after;
}

const say = (words) => { byId("live").textContent = words; };

async function copy(string, what) {
  try {
    await navigator.clipboard.writeText(string);
  } catch {
    // a page from disk may not be let: the old way
    const field = el("textarea.unseen");
    field.value = string;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say(`Copied ${what}`);
}

const copyButton = (label, string, what) => button(label, async (event) => {
  const place = event.currentTarget;
  await copy(string.call ? string() : string, what);
  place.classList.add("done");
  setTimeout(() => place.classList.remove("done"), 1200);
}, { class: "copy", title: label });

const linkTo = (...parts) => "#" + parts.map(encodeURIComponent).join("/");
const joined = (between, ...parts) => parts.filter(Boolean).join(between);
const clipped = (words, most) => (words.length > most ? `${words.slice(0, most)}…` : words);
const stateOf = (step) => joined(", ", step.status, step.seconds && duration(step.seconds));
const plural = (count, thing) => `${many(count)} ${thing}${count === 1 ? "" : "s"}`;
const badge = (status) => el("span", { class: `badge ${classOf(status)}` }, `${markOf(status)} ${status}`);

// Elements: text goes in as text only, and what does not print is written as an escape.
const MARKS = { success: "✓", bailed: "✓", failed: "✗", tripwire: "✗", suspended: "?", paused: "‖", waiting: "…", canceled: "−",
  skipped: "−", running: "▸", passed: "✓", error: "✗", xfailed: "✓", xpassed: "✗" };
const KNOWN = new Set(Object.keys(MARKS));
const WORDS = { success: "succeeded", bailed: "bailed", failed: "failed", tripwire: "tripwire", "": "not reached" };
const classOf = (status) => (KNOWN.has(status) ? status : "unknown");

const UNPRINTABLE = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu;
const visible = (string) => string.replace(UNPRINTABLE, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);

/** Returns an element; properties that begin with "on" listen, children that are texts are made visible. */
function element(name, properties = {}, ...children) {
  const made = name.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4)) : document.createElement(name);
  for (const [key, item] of Object.entries(properties)) {
    if (item === undefined || item === null || item === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), item);
    else made.setAttribute(key, item === true ? "" : item);
  }
  for (const child of children.flat(9)) {
    if (child !== null && child !== undefined && child !== "") made.append(child instanceof Node ? child : visible(String(child)));
  }
  return made;
}

const button = (label, onclick, properties = {}) => element("button", { type: "button", onclick, ...properties }, label);
const say = (words) => { document.getElementById("live").textContent = words; };

async function copy(string, words) {
  try {
    await navigator.clipboard.writeText(string);
  } catch {
    // a page from disk may not be let: the old way
    const field = element("textarea", { class: "unseen" });
    field.value = string;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say(words);
}

const copyButton = (label, string, words = "Copied") => button(label, async (event) => {
  const place = event.currentTarget;
  await copy(string(), words);
  place.classList.add("done");
  setTimeout(() => place.classList.remove("done"), 1200);
}, { class: "copy", title: label });

const linkTo = (...parts) => "#" + parts.map(encodeURIComponent).join("/");
const plural = (count, thing) => `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
const badge = (status) => element("span", { class: `badge ${classOf(status)}` }, `${MARKS[status] || "•"} ${status}`);

// JSON values as trees that fold; each place has a JSON path.
const LONG = 2000, MANY = 100, NAME = /^[A-Za-z_$][\w$]*$/;
const into = (key) => (typeof key === "number" ? `[${key}]` : NAME.test(key) ? `.${key}` : `[${json(key)}]`);
const json = JSON.stringify;
const isTree = (item) => item !== null && typeof item === "object";

/** Returns a value in a few words, for a tree that is folded. */
function brief(item) {
  if (Array.isArray(item)) return item.length ? `[${plural(item.length, "item")}]` : "[]";
  const keys = Object.keys(item);
  if (!keys.length) return "{}";
  const shown = keys.slice(0, 4).join(", ");
  return `{${clipped(shown, 60)}${keys.length > 4 ? ", …" : ""}}`;
}

function leaf(item) {
  if (typeof item !== "string") return el("span", { class: item === null ? "null" : typeof item }, String(item));
  if (item.length <= LONG) return el("span.string", json(item));
  const shown = el("span.string", `${json(item.slice(0, LONG))}…`);
  const more = button(`show all ${many(item.length)} characters`, () => {
    shown.textContent = visible(json(item));
    more.remove();
  }, { class: "more" });
  return el("span", shown, " ", more);
}

const label = (key, path) => key === undefined ? null : button(typeof key === "number" || NAME.test(key) ? key : json(key),
  (event) => { event.preventDefault(); copy(path, path); }, { class: "key", title: `Copy the path ${visible(path)}` });

/** Returns a value as a tree; what is inside of a folded place is made when it is unfolded. */
function tree(item, path = "$", key = undefined, isOpen = true) {
  const name = label(key, path);
  if (!isTree(item) || !Object.keys(item).length) {
    return el("div.leaf", name, name && ": ", isTree(item) ? el("span.null", brief(item)) : leaf(item));
  }
  const place = el("details.tree", el("summary", name, name && ": ", el("span.brief", brief(item))));
  const entries = Array.isArray(item) ? item.map((one, index) => [index, one]) : Object.entries(item);
  const isSmall = json(item).length < 600;
  const unfold = () => place.children.length < 2 && addInParts(place, entries, ([inner, one]) => tree(one, path + into(inner), inner, isSmall), MANY);
  place.ontoggle = unfold;
  if (isOpen) { unfold(); place.open = true; }
  return place;
}

/** Returns a titled value with buttons to copy it; nothing if there is none. */
function titled(title, later, kind = "") {
  const item = later();
  if (item === undefined) return null;
  return el("section", { class: `value ${kind}` },
    el("h4", title, copyButton("copy", () => json(item, null, 2), title)), tree(item));
}

/** Gives the paths at which two values differ: [path, before, after]. */
function differences(before, after, path = "$", found = []) {
  if (found.length >= 50 || before === after) return found;
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
    const isList = Array.isArray(before);
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) differences(before[key], after[key], path + into(isList ? Number(key) : key), found);
  } else if (json(before) !== json(after)) found.push([path, before, after]);
  return found;
}

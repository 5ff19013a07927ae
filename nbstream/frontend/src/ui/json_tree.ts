// A JSON value as a folded tree. What is in a branch is made when it is first opened, so
// that a large value costs nothing until it is looked at.
import { element } from "./dom.ts";
import { count } from "./format.ts";
import { visibleCode } from "./invisible_characters.ts";

const MAX_CHILDREN = 100;

/** A value under its name; objects and arrays fold, unless they are to be open. */
export function jsonTree(name: string | null, value: unknown, open = false): HTMLElement {
  const label = name === null ? [] : [element("span", { class: "nbs-key" }, visibleCode(name)), ": "];
  if (typeof value !== "object" || value === null) {
    const kind = value === null ? "null" : typeof value;
    const shown = element("span", { class: `nbs-json-${kind}` }, visibleCode(JSON.stringify(value)));
    return element("div", { class: "nbs-leaf" }, ...label, shown);
  }
  const entries = Object.entries(value);
  const size = Array.isArray(value)
    ? `[${count(entries.length, "item")}]`
    : `{${count(entries.length, "key")}}`;
  if (entries.length === 0) {
    return element("div", { class: "nbs-leaf" }, ...label, Array.isArray(value) ? "[]" : "{}");
  }
  const summary = element("summary", {}, ...label, element("span", { class: "nbs-size" }, size));
  const branch = element("details", { class: "nbs-branch" }, summary);
  let made = false;
  const grow = () => {
    if (made || !branch.open) return;
    made = true;
    branch.append(children(entries));
  };
  branch.addEventListener("toggle", grow);
  branch.open = open;
  grow(); // the event comes later, and the reader should see no empty branch
  return branch;
}

function children(entries: [string, unknown][]): HTMLElement {
  const list = element("div", { class: "nbs-children" });
  const more = element("button", { type: "button", class: "nbs-more" });
  let next = 0;
  const grow = () => {
    const end = Math.min(next + MAX_CHILDREN, entries.length);
    const first = next;
    for (; next < end; next++) more.before(jsonTree(...entries[next]!));
    more.hidden = next === entries.length;
    more.textContent = `${(entries.length - next).toLocaleString("en")} more`;
    // The focus is not lost with the button.
    if (first > 0 && more.hidden) (list.children[first] as HTMLElement | undefined)?.focus();
  };
  more.addEventListener("click", grow);
  list.append(more);
  grow();
  return list;
}

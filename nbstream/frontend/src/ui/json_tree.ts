// Draws a JSON value as a folded tree. A branch is created when it is first opened, so that
// a large value costs nothing before.

import { ExactNumber } from "../wire.ts";
import { element } from "./dom.ts";
import { formatCount } from "./format.ts";
import { escapeInvisibleInCode } from "./invisible_characters.ts";

const MAX_CHILDREN = 100;

/** Create the element of a value under its name; objects and arrays are folded unless `open`. */
export function createJsonTree(name: string | null, value: unknown, open = false): HTMLElement {
  const label =
    name === null ? [] : [element("span", { class: "nbs-key" }, escapeInvisibleInCode(name)), ": "];
  if (typeof value !== "object" || value === null || value instanceof ExactNumber) {
    const kind = value === null ? "null" : value instanceof ExactNumber ? "number" : typeof value;
    const words = value instanceof ExactNumber ? value.text : JSON.stringify(value);
    const shown = element("span", { class: `nbs-json-${kind}` }, escapeInvisibleInCode(words));
    return element("div", { class: "nbs-leaf" }, ...label, shown);
  }
  const entries = Object.entries(value);
  const size = Array.isArray(value)
    ? `[${formatCount(entries.length, "item")}]`
    : `{${formatCount(entries.length, "key")}}`;
  if (entries.length === 0) {
    return element("div", { class: "nbs-leaf" }, ...label, Array.isArray(value) ? "[]" : "{}");
  }
  const summary = element("summary", {}, ...label, element("span", { class: "nbs-size" }, size));
  const branch = element("details", { class: "nbs-branch" }, summary);
  let filled = false;
  const fill = () => {
    if (filled || !branch.open) return;
    filled = true;
    branch.append(createChildren(entries));
  };
  branch.addEventListener("toggle", fill);
  branch.open = open;
  fill(); // the event is dispatched later, and the branch must not be empty till then
  return branch;
}

function createChildren(entries: [string, unknown][]): HTMLElement {
  const list = element("div", { class: "nbs-children" });
  const more = element("button", { type: "button", class: "nbs-more" });
  let next = 0;
  const showMore = () => {
    const end = Math.min(next + MAX_CHILDREN, entries.length);
    const first = next;
    for (; next < end; next++) more.before(createJsonTree(...entries[next]!));
    more.hidden = next === entries.length;
    more.textContent = `${(entries.length - next).toLocaleString("en")} more`;
    // The button had the focus, and is hidden now.
    if (first > 0 && more.hidden) (list.children[first] as HTMLElement | undefined)?.focus();
  };
  more.addEventListener("click", showMore);
  list.append(more);
  showMore();
  return list;
}

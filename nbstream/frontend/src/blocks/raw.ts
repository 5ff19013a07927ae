// Events of unknown types, in a drawer: each is `[event type, data]`.
import { element } from "../dom.ts";
import { count } from "../format.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";
import { jsonTree } from "./json_tree.ts";
import { Listing, omission } from "./listing.ts";

type Entry = [string, string];

const PREVIEW = 200;

export class RawBlock extends Listing<Entry> implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const summary = element("summary");
    const note = element("div", { class: "nbs-note" });
    const list = element("div", { class: "nbs-raw-list", tabindex: "0", role: "group" });
    list.setAttribute("aria-label", "Other events");
    const drawer = element("details", { class: "nbs-raw" }, summary, note, list);
    el.append(drawer);
    const omitted = omission(note, "events");
    let filled = false; // a drawer that is shut is empty
    drawer.addEventListener("toggle", () => {
      if (filled || !drawer.open) return;
      filled = true;
      list.append(...this.entries.map(drawEvent));
    });
    return (payload) => {
      if (filled) {
        list.append(...(payload["add"] as Entry[]).map(drawEvent));
        for (let i = payload["drop"] ?? 0; i > 0; i--) list.firstChild?.remove();
      }
      summary.textContent = count(this.entries.length + this.dropped, "other event");
      omitted(payload);
    };
  }
}

function drawEvent([event, data]: Entry): HTMLElement {
  const preview = data.slice(0, PREVIEW).replace(/\s+/g, " ");
  const summary = element(
    "summary",
    {},
    element("span", { class: "nbs-key" }, event),
    " ",
    element("span", { class: "nbs-preview" }, preview),
  );
  const details = element("details", { class: "nbs-raw-event" }, summary);
  let made = false;
  details.addEventListener("toggle", () => {
    if (made || !details.open) return;
    made = true;
    details.append(drawData(data));
  });
  return details;
}

function drawData(data: string): HTMLElement {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return element("div", { class: "nbs-leaf" }, data);
  }
  return jsonTree(null, value, true);
}

// Events of unknown types, in a drawer: each is `[event type, data]`, or with a hint as a
// third. It is open where the reader is to look: there is a hint, or nothing of the stream
// was understood, which the advice says.
import type { Payload } from "../protocol.ts";
import { element, write } from "../ui/dom.ts";
import { count } from "../ui/format.ts";
import { visibleCode } from "../ui/invisible_characters.ts";
import { jsonTree } from "../ui/json_tree.ts";
import type { Block } from "./base/block.ts";
import { EntryList, omission } from "./base/entry_list.ts";

type Entry = [event: string, data: string, hint?: string];

const PREVIEW = 200;

export class RawBlock extends EntryList<Entry> implements Block {
  #advice = "";

  override apply(payload: Payload): void {
    super.apply(payload);
    this.#advice = payload["advice"] ?? this.#advice;
  }

  override state(): Payload {
    return this.#advice === "" ? super.state() : { ...super.state(), advice: this.#advice };
  }

  override diff(state: Payload): Payload {
    const { advice } = state;
    return advice === undefined ? super.diff(state) : { ...super.diff(state), advice };
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const summary = element("summary");
    const note = element("div", { class: "nbs-note" });
    const list = element("div", { class: "nbs-raw-list", tabindex: "0", role: "group" });
    list.setAttribute("aria-label", "Other events");
    const drawer = element("details", { class: "nbs-raw" }, summary, note, list);
    const advice = element("div", { class: "nbs-note", role: "note" });
    el.append(advice, drawer);
    let opened = false; // by us, once: the reader may shut it
    const omitted = omission(note, "events");
    let filled = false; // a drawer that is shut is empty
    const fill = () => {
      if (filled || !drawer.open) return;
      filled = true;
      list.append(...this.entries.map(drawEvent));
    };
    drawer.addEventListener("toggle", fill);
    return (payload) => {
      if (filled) {
        list.append(...(payload["add"] as Entry[]).map(drawEvent));
        for (let i = payload["drop"] ?? 0; i > 0; i--) list.firstChild?.remove();
      }
      summary.textContent = count(this.entries.length + this.dropped, "other event");
      omitted(payload);
      advice.hidden = this.#advice === "";
      write(advice, this.#advice);
      if (!opened && (this.#advice || this.entries.some(([, , hint]) => hint))) {
        opened = drawer.open = true;
        fill();
      }
    };
  }
}

function drawEvent([event, data, hint]: Entry): HTMLElement {
  const preview = data.slice(0, PREVIEW).replace(/\s+/g, " ");
  const summary = element(
    "summary",
    {},
    element("span", { class: "nbs-key" }, visibleCode(event)),
    " ",
    element("span", { class: "nbs-preview" }, visibleCode(preview)),
  );
  const details = element("details", { class: "nbs-raw-event" }, summary);
  let made = false;
  details.addEventListener("toggle", () => {
    if (made || !details.open) return;
    made = true;
    details.append(drawData(data));
  });
  if (!hint) return details;
  return element("div", {}, details, element("div", { class: "nbs-note" }, hint));
}

function drawData(data: string): HTMLElement {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return element("div", { class: "nbs-leaf" }, visibleCode(data));
  }
  return jsonTree(null, value, true);
}

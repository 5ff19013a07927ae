// Events of unknown types, folded. They are unfolded once if the reader should look: an
// event has a hint, or there is advice because no event of the stream was recognised.
import { element, setText } from "../ui/dom.ts";
import { formatCount } from "../ui/format.ts";
import { escapeInvisibleInCode } from "../ui/invisible_characters.ts";
import { createJsonTree } from "../ui/json_tree.ts";
import { parseJson } from "../wire.ts";
import type { Block } from "./base/block.ts";
import { countDropped, EntryList, type ListPayload } from "./base/entry_list.ts";

type RawEvent = [event: string, data: string, hint?: string];

const PREVIEW = 200;

/** Events to add, and advice. */
export interface RawPayload extends ListPayload<RawEvent> {
  /** What the reader can do, which replaces earlier advice; may be empty. */
  advice?: string;
}

export class RawBlock extends EntryList<RawEvent, RawPayload> implements Block<RawPayload> {
  #advice = "";

  override apply(payload: RawPayload): void {
    super.apply(payload);
    this.#advice = payload.advice ?? this.#advice;
  }

  override state(): RawPayload {
    return this.#advice === "" ? super.state() : { ...super.state(), advice: this.#advice };
  }

  override diff(state: RawPayload): RawPayload | null {
    const behind = super.diff(state);
    // A state without any is one whose advice was taken back.
    const { advice = "" } = state;
    return behind === null || advice === this.#advice ? behind : { ...behind, advice };
  }

  draw(el: HTMLElement): (payload: RawPayload) => void {
    const summary = element("summary");
    const note = element("div", { class: "nbs-note" });
    const list = element("div", { class: "nbs-raw-list", tabindex: "0", role: "group" });
    list.setAttribute("aria-label", "Other events");
    const details = element("details", { class: "nbs-raw" }, summary, note, list);
    const advice = element("div", { class: "nbs-note", role: "note" });
    el.append(advice, details);
    let opened = false; // by this code, once: the reader may fold it again
    const omitted = countDropped(note, "event");
    let filled = false; // while folded, there are no elements
    const fill = () => {
      if (filled || !details.open) return;
      filled = true;
      list.append(...this.entries.map(drawEvent));
    };
    details.addEventListener("toggle", fill);
    return (payload) => {
      if (filled) {
        list.append(...payload.add.map(drawEvent));
        for (let i = payload.drop ?? 0; i > 0; i--) list.firstChild?.remove();
      }
      summary.textContent = formatCount(this.entries.length + this.dropped, "other event");
      omitted(payload);
      advice.hidden = this.#advice === "";
      setText(advice, this.#advice);
      if (!opened && (this.#advice || this.entries.some(([, , hint]) => hint))) {
        opened = details.open = true;
        fill();
      }
    };
  }
}

function drawEvent([event, data, hint]: RawEvent): HTMLElement {
  const preview = data.slice(0, PREVIEW).replace(/\s+/g, " ");
  const summary = element(
    "summary",
    {},
    element("span", { class: "nbs-key" }, escapeInvisibleInCode(event)),
    " ",
    element("span", { class: "nbs-preview" }, escapeInvisibleInCode(preview)),
  );
  const details = element("details", { class: "nbs-raw-event" }, summary);
  let drawn = false;
  details.addEventListener("toggle", () => {
    if (drawn || !details.open) return;
    drawn = true;
    details.append(drawData(data));
  });
  if (!hint) return details;
  return element("div", {}, details, element("div", { class: "nbs-note" }, hint));
}

function drawData(data: string): HTMLElement {
  let value: unknown;
  try {
    value = parseJson(data);
  } catch {
    return element("div", { class: "nbs-leaf" }, escapeInvisibleInCode(data));
  }
  return createJsonTree(null, value, true);
}

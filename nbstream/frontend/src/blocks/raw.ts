// Events of unknown types, in a drawer: each is `[event type, data]`.
import { element } from "../dom.ts";
import { count } from "../format.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";
import { Listing } from "./listing.ts";

export class RawBlock extends Listing<[string, string]> implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const summary = element("summary");
    const lines = element("pre", { class: "nbs-log", tabindex: "0" });
    el.append(element("details", { class: "nbs-raw" }, summary, lines));
    let total = 0;
    return (payload) => {
      for (const [event, data] of payload["add"]) {
        lines.append(element("div", { class: "nbs-line" }, `${event}: ${data}`));
      }
      for (let i = payload["drop"] ?? 0; i > 0; i--) lines.firstChild?.remove();
      total += payload["add"].length + (payload["dropped"] ?? 0);
      summary.textContent = count(total, "other event");
    };
  }
}

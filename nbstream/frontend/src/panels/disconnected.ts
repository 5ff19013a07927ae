// A panel that was restored with a notebook, where no kernel knows it.
import { element } from "../ui/dom.ts";
import type { PanelState } from "./panel_state.ts";

/** Shows that there is no kernel to follow or to cancel. */
export class DisconnectedPanel implements PanelState {
  connect(): void {}

  receive(): void {}

  draw(el: HTMLElement): void {
    const note = "The kernel of this stream is gone; run the cell again to follow it";
    const content = element("div", { class: "nbs-content nbs-note" }, note);
    el.append(element("section", { class: "nbs-panel", "aria-label": "Stream" }, content));
  }
}

// A panel that was saved with a notebook, and is shown where no kernel knows it.
import { element } from "../ui/dom.ts";

/** Says that there is nothing to follow; it listens to nobody and can cancel nothing. */
export class Absent {
  listen(): void {}

  draw(el: HTMLElement): void {
    const note = "The kernel of this stream is gone; run the cell again to follow it";
    const content = element("div", { class: "nbs-content nbs-note" }, note);
    el.append(element("section", { class: "nbs-panel", "aria-label": "Stream" }, content));
  }
}

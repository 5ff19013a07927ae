// A panel that cannot follow its stream, such as one whose kernel is gone.
import { element } from "../ui/dom.ts";
import type { PanelState } from "./panel_state.ts";

/** Shows why there is nothing to follow or to cancel, and what to do. */
export class NotePanel implements PanelState {
  readonly #note: string;

  constructor(note: string) {
    this.#note = note;
  }

  connect(): void {}

  receive(): void {}

  draw(el: HTMLElement): void {
    const content = element("div", { class: "nbs-content nbs-note" }, this.#note);
    el.append(element("section", { class: "nbs-panel", "aria-label": "Stream" }, content));
  }
}

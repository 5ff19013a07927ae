// Several streams side by side.
import { type FreezeContent, freezeComparison, type TitledContent } from "../freeze_dom.ts";
import type { Model } from "../protocol.ts";
import { element } from "../ui/dom.ts";
import type { PanelState } from "./panel_state.ts";

/** One of the streams: its title, and the state of its panel. */
export interface ComparedStream {
  title: string;
  panel: Promise<{ draw(el: HTMLElement, signal: AbortSignal, freeze: FreezeContent): void }>;
}

/** Draws the panels of several streams beside each other. */
export class Comparison implements PanelState {
  readonly #model: Model;
  readonly #findStreams: () => Promise<ComparedStream>[];
  readonly #send: (message: { type: "sync" }) => void;

  constructor(
    model: Model,
    findStreams: () => Promise<ComparedStream>[],
    send: (message: { type: "sync" }) => void,
  ) {
    this.#model = model;
    this.#findStreams = findStreams;
    this.#send = send;
  }

  connect(): void {
    this.#send({ type: "sync" });
  }

  receive(): void {}

  draw(el: HTMLElement, signal: AbortSignal): void {
    const row = element("div", { class: "nbs-columns" });
    el.append(row);
    for (const found of this.#findStreams()) {
      const column = element("div", { class: "nbs-column" });
      row.append(column);
      void found.then(async ({ title, panel }) => {
        column.append(element("div", { class: "nbs-column-title" }, title));
        const state = await panel;
        if (!signal.aborted) state.draw(column, signal, () => this.#freeze(row));
      });
    }
  }

  /** Replace them all, as soon as one of them finds that the kernel is gone. */
  #freeze(row: HTMLElement): void {
    const streams = [...row.children].flatMap((column): TitledContent[] => {
      const title = column.querySelector(".nbs-column-title")?.textContent ?? "";
      const content = column.querySelector<HTMLElement>(".nbs-content");
      return content === null ? [] : [{ title, content }];
    });
    freezeComparison(this.#model, streams);
  }
}

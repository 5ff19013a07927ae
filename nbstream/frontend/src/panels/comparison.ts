// Several streams side by side; the twin of `views/columns_widget.py`.

import { seesToTheEnd } from "../freeze.ts";
import { type Leave, leaveColumns, type Titled } from "../freeze_dom.ts";
import type { AboutTheEnd, Model } from "../protocol.ts";
import { element } from "../ui/dom.ts";

/** What draws one stream. */
interface Drawn {
  draw(el: HTMLElement, signal: AbortSignal, leave: Leave): void;
}

/** One of the streams: what it is called, and its panel. */
export interface Column {
  title: string;
  panel: Promise<Drawn>;
}

type Send = (message: { type: "sync" | "freeze" }) => void;

export class Columns {
  readonly #model: Model;
  readonly #columns: () => Promise<Column>[];
  readonly #send: Send;

  constructor(model: Model, columns: () => Promise<Column>[], send: Send) {
    this.#model = model;
    this.#columns = columns;
    this.#send = send;
  }

  listen(model: Model, signal: AbortSignal, early: AboutTheEnd[]): void {
    const receive = (message: AboutTheEnd) => seesToTheEnd(model, message, this.#send);
    early.forEach(receive);
    model.on("msg:custom", receive);
    signal.addEventListener("abort", () => model.off("msg:custom", receive));
    this.#send({ type: "sync" });
  }

  draw(el: HTMLElement, signal: AbortSignal): void {
    const row = element("div", { class: "nbs-columns" });
    el.append(row);
    for (const found of this.#columns()) {
      const place = element("div", { class: "nbs-column" });
      row.append(place);
      void found.then(async ({ title, panel }) => {
        place.append(element("div", { class: "nbs-column-title" }, title));
        const drawn = await panel;
        if (!signal.aborted) drawn.draw(place, signal, () => this.#leave(row));
      });
    }
  }

  /** The first whose kernel is found to be gone leaves them all. */
  #leave(row: HTMLElement): void {
    const columns = [...row.children].flatMap((place): Titled[] => {
      const title = place.querySelector(".nbs-column-title")?.textContent ?? "";
      const content = place.querySelector<HTMLElement>(".nbs-content");
      return content === null ? [] : [{ title, content }];
    });
    leaveColumns(this.#model, columns);
  }
}

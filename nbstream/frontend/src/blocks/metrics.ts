// Metrics: each point is `[name, step, value]`; the latest of each series is shown.
import { element } from "../dom.ts";
import { figure } from "../format.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";
import { Listing } from "./listing.ts";

type Point = [string, number | null, number | string];

export class MetricsBlock extends Listing<Point> implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const body = element("tbody");
    const titles = ["metric", "value", "step"].map((t) => element("th", { scope: "col" }, t));
    const head = element("thead", {}, element("tr", {}, ...titles));
    el.append(element("table", { class: "nbs-table" }, head, body));
    const rows = new Map<string, HTMLTableCellElement[]>();
    return (payload) => {
      const latest = new Map((payload["add"] as Point[]).map((point) => [point[0], point]));
      for (const [name, step, value] of latest.values()) {
        let cells = rows.get(name);
        if (cells === undefined) {
          cells = [element("td"), element("td", { class: "nbs-number" })];
          cells.push(element("td", { class: "nbs-number" }));
          rows.set(name, cells);
          body.append(element("tr", {}, ...cells));
        }
        const shown = typeof value === "number" ? figure(value) : value;
        [name, shown, step === null ? "" : figure(step)].forEach((text, i) => {
          (cells as HTMLTableCellElement[])[i]!.textContent = text;
        });
      }
    };
  }
}

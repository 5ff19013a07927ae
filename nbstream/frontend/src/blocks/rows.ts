// Item rows, as a table whose columns are the keys in the order they first came.
import { element } from "../dom.ts";
import { cell } from "../format.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";
import { Listing, omission } from "./listing.ts";

const MAX_COLUMNS = 50;

export class RowsBlock extends Listing<unknown> implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const note = element("div", { class: "nbs-note" });
    const header = element("tr");
    const body = element("tbody");
    const table = element("table", { class: "nbs-table" }, element("thead", {}, header), body);
    el.append(note, element("div", { class: "nbs-rows" }, table));
    const omitted = omission(note, "items");
    const columns: string[] = [];

    const column = (name: string) => {
      columns.push(name);
      header.append(element("th", { scope: "col" }, name));
      for (const row of body.rows) row.append(element("td"));
    };
    return (payload) => {
      const fresh = document.createDocumentFragment();
      for (const item of payload["add"]) {
        const row = asObject(item);
        for (const name of Object.keys(row)) {
          if (!columns.includes(name) && columns.length < MAX_COLUMNS) {
            body.append(fresh); // they want the new column too
            column(name);
          }
        }
        const cells = columns.map((name) => {
          const value = row[name];
          const numeric = typeof value === "number" ? { class: "nbs-number" } : {};
          return element("td", numeric, name in row ? cell(value) : "");
        });
        fresh.append(element("tr", {}, ...cells));
      }
      body.append(fresh);
      for (let i = payload["drop"] ?? 0; i > 0; i--) body.firstChild?.remove();
      omitted(payload);
    };
  }
}

function asObject(item: unknown): Record<string, unknown> {
  const isObject = typeof item === "object" && item !== null && !Array.isArray(item);
  return isObject ? (item as Record<string, unknown>) : { value: item };
}

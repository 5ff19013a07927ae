// A table of rows of which only those in view are in the page.

import { omission } from "../blocks/base/entry_list.ts";
import type { Payload } from "../protocol.ts";
import { element } from "../ui/dom.ts";
import { cell, count } from "../ui/format.ts";
import { visible, visibleCode } from "../ui/invisible_characters.ts";
import { type Item, Order } from "./row_order.ts";

const MAX_COLUMNS = 50;
/** Names of further columns that are counted; a stream may invent them for ever. */
const MAX_LEFT = 10_000;
const ROW_PX = 26; // as in rows.css
const BEYOND = 10; // rows drawn above and below those in view
const HEIGHT_PX = 320; // where the page cannot tell
// Widths that a column may have, in characters: it grows in steps, so that a row which is
// a little longer than the others does not move the table under the reader's eyes.
const WIDTHS = [6, 10, 16, 24, 36, 50];
const MAX_TITLE = 2000;

interface Column {
  th: HTMLTableCellElement;
  col: HTMLTableColElement;
  mark: HTMLElement;
  width: number;
}

export class RowsTable {
  readonly #order = new Order();
  readonly #columns = new Map<string, Column>();
  readonly #left = new Set<string>(); // columns there is no room for
  readonly #box = element("div", { class: "nbs-rows", tabindex: "0", role: "group", "aria-label": "Rows" });
  readonly #table = element("table", { class: "nbs-rows-table" });
  readonly #cols = element("colgroup");
  readonly #header = element("tr", { "aria-rowindex": "1" });
  readonly #body = element("tbody");
  readonly #above = spacer();
  readonly #below = spacer();
  readonly #more = element("div", { class: "nbs-note" });
  readonly #omitted: (payload: Payload) => void;
  #drawn = new Map<Item, HTMLTableRowElement>();

  constructor(el: HTMLElement) {
    const note = element("div", { class: "nbs-note" });
    this.#omitted = omission(note, "items");
    this.#more.hidden = true;
    this.#table.append(
      this.#cols,
      element("thead", {}, this.#header),
      this.#above.el,
      this.#body,
      this.#below.el,
    );
    this.#box.append(this.#table);
    this.#box.addEventListener("scroll", () => this.#draw());
    el.append(note, this.#box, this.#more);
  }

  change(payload: Payload): void {
    const rows = (payload["add"] as unknown[]).map(asObject);
    for (const row of rows) this.#measure(row);
    const anchor = this.#anchor();
    this.#order.change(rows, payload["drop"] ?? 0);
    this.#table.setAttribute("aria-rowcount", String(this.#order.items.length + 1));
    this.#omitted(payload);
    this.#draw();
    if (this.#scroll(anchor)) this.#draw();
  }

  /** The row that the reader looks at, or the end where new ones are followed. */
  #anchor(): Item | "end" | null {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const atEnd = scrollHeight - scrollTop - clientHeight < ROW_PX / 2;
    if (atEnd && this.#order.sorting === null) return "end";
    return scrollTop === 0 ? null : (this.#order.items[Math.floor(scrollTop / ROW_PX)] ?? null);
  }

  /** Keep what the reader looks at in its place; returns whether that moved the rows. */
  #scroll(anchor: Item | "end" | null): boolean {
    if (anchor === null) return false;
    const before = this.#box.scrollTop;
    if (anchor === "end") this.#box.scrollTop = this.#box.scrollHeight;
    else {
      const index = this.#order.indexOf(anchor);
      if (index >= 0) this.#box.scrollTop = index * ROW_PX + (before % ROW_PX);
    }
    return this.#box.scrollTop !== before;
  }

  #draw(): void {
    const { items } = this.#order;
    const height = this.#box.clientHeight || HEIGHT_PX;
    const visible = Math.ceil(height / ROW_PX);
    const last = Math.max(items.length - visible, 0);
    const top = Math.min(Math.floor(this.#box.scrollTop / ROW_PX), last);
    const first = Math.max(top - BEYOND, 0);
    const end = Math.min(top + visible + BEYOND, items.length);
    const drawn = new Map<Item, HTMLTableRowElement>();
    for (let i = first; i < end; i++) {
      const item = items[i]!;
      const row = this.#drawn.get(item) ?? element("tr");
      for (let c = row.cells.length; c < this.#columns.size; c++) row.append(element("td"));
      if (!this.#drawn.has(item)) this.#fill(row, item);
      row.setAttribute("aria-rowindex", String(i + 2));
      drawn.set(item, row);
    }
    for (const [item, row] of this.#drawn) if (!drawn.has(item)) row.remove();
    // Rows that stay are not touched: a selection in them stays too.
    let next = this.#body.firstChild;
    for (const row of drawn.values()) {
      if (row === next) next = next.nextSibling;
      else this.#body.insertBefore(row, next);
    }
    this.#drawn = drawn;
    this.#above.stand(first);
    this.#below.stand(items.length - end);
  }

  #fill(row: HTMLTableRowElement, { row: values }: Item): void {
    let index = 0;
    for (const [name, { width }] of this.#columns) {
      // A column may be called `constructor`, which every object has.
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      const td = row.cells[index++]!;
      const text = value === undefined ? "" : cell(value);
      const shown = visible(text.slice(0, MAX_TITLE));
      td.textContent = shown;
      if (typeof value === "number") td.className = "nbs-number";
      if (text.length > 0.8 * width) td.title = shown;
    }
  }

  /** See that every value has its column, wide enough. */
  #measure(row: Record<string, unknown>): void {
    let changed = false;
    for (const [name, value] of Object.entries(row)) {
      let column = this.#columns.get(name);
      if (column === undefined) {
        if (this.#columns.size >= MAX_COLUMNS) {
          if (this.#left.size < MAX_LEFT) this.#left.add(name);
          this.#more.hidden = false;
          this.#more.textContent = `… ${count(this.#left.size, "more column")}`;
          continue;
        }
        column = this.#begin(name, typeof value === "number");
      }
      const length = Math.max(cell(value).length, name.length + 3);
      if (length > column.width && column.width < WIDTHS.at(-1)!) {
        column.width = WIDTHS.find((width) => width >= length) ?? WIDTHS.at(-1)!;
        column.col.style.width = `calc(${column.width}ch + 20px)`;
        changed = true;
      }
    }
    if (!changed) return;
    const columns = [...this.#columns.values()];
    const sum = columns.reduce((total, { width }) => total + width, 0);
    this.#table.style.width = `calc(${sum}ch + ${columns.length * 20}px)`;
  }

  #begin(name: string, numeric: boolean): Column {
    const mark = element("span", { class: "nbs-sort-mark", "aria-hidden": "true" });
    const shown = visibleCode(name);
    const words = element("span", { class: "nbs-sort-name" }, shown || "(no name)");
    const button = element("button", { type: "button", class: "nbs-sort", title: shown }, words, mark);
    const th = element("th", { scope: "col", ...(numeric && { class: "nbs-number" }) }, button);
    const column = { th, col: element("col"), mark, width: 0 };
    button.addEventListener("click", () => this.#sortBy(name));
    this.#header.append(th);
    this.#cols.append(column.col);
    this.#columns.set(name, column);
    return column;
  }

  /** Ascending, descending, as they came, in turn. */
  #sortBy(name: string): void {
    const { sorting } = this.#order;
    const again = sorting?.column === name;
    const next = again && sorting.descending ? null : { column: name, descending: again };
    this.#order.sort(next);
    for (const [other, { th, mark }] of this.#columns) {
      const sorts = next !== null && other === name;
      const direction = next?.descending ? "descending" : "ascending";
      if (sorts) th.setAttribute("aria-sort", direction);
      else th.removeAttribute("aria-sort");
      mark.textContent = sorts ? (next.descending ? "▼" : "▲") : "";
    }
    this.#box.scrollTop = 0;
    this.#draw();
  }
}

/** Stands for rows that are not drawn. */
function spacer() {
  const td = element("td", { colspan: String(MAX_COLUMNS) });
  const el = element("tbody", { "aria-hidden": "true" }, element("tr", {}, td));
  return {
    el,
    stand(rows: number) {
      el.hidden = rows === 0;
      td.style.height = `${rows * ROW_PX}px`;
    },
  };
}

function asObject(item: unknown): Record<string, unknown> {
  const isObject = typeof item === "object" && item !== null && !Array.isArray(item);
  return isObject ? (item as Record<string, unknown>) : { value: item };
}

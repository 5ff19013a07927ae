// A table of rows, as a virtual list with a header that sorts.
import { countDropped, type ListPayload } from "../blocks/base/entry_list.ts";
import { element } from "../ui/dom.ts";
import { formatCount, formatValue } from "../ui/format.ts";
import { escapeInvisible, escapeInvisibleInCode } from "../ui/invisible_characters.ts";
import { ExactNumber, fromWire } from "../wire.ts";
import { type OrderedRow, RowOrder } from "./row_order.ts";
import { VirtualList } from "./virtual_list.ts";

const MAX_COLUMNS = 50;
/** Names of further columns that are counted: a stream may have any number of them. */
const MAX_OMITTED = 10_000;
const ROW_PX = 26; // as in rows.css
const MARGIN = 10; // rows drawn above and below those in view
// Widths that a column may have, in characters: it grows in steps, so that a row which is
// a little longer than the others does not move the table under the reader's eyes.
const WIDTHS = [6, 10, 16, 24, 36, 50];
// A head is wider than its characters say, in bold or in capitals; one that is wider than
// this is cut, and has a title.
const MAX_HEAD_PX = 600;
const MAX_TITLE = 2000;

interface Column {
  th: HTMLTableCellElement;
  col: HTMLTableColElement;
  mark: HTMLElement;
  words: HTMLElement;
  width: number;
  /** How wide the words of its head are; 0 until they can be measured. */
  head: number;
}

export class RowsTable {
  readonly #order = new RowOrder();
  readonly #columns = new Map<string, Column>();
  readonly #omittedColumns = new Set<string>(); // those beyond MAX_COLUMNS
  readonly #box = element("div", { class: "nbs-rows", tabindex: "0", role: "group", "aria-label": "Rows" });
  readonly #table = element("table", { class: "nbs-rows-table" });
  readonly #cols = element("colgroup");
  readonly #header = element("tr", { "aria-rowindex": "1" });
  readonly #list: VirtualList<OrderedRow>;
  readonly #more = element("div", { class: "nbs-note" });
  readonly #omitted: (payload: ListPayload<unknown>) => void;

  constructor(el: HTMLElement) {
    const note = element("div", { class: "nbs-note" });
    this.#omitted = countDropped(note, "item");
    this.#more.hidden = true;
    const head = element("thead", {}, this.#header);
    const rows = element("tbody");
    const [above, below] = [createSpacer(), createSpacer()];
    this.#table.append(this.#cols, head, above.body, rows, below.body);
    this.#box.append(this.#table);
    this.#list = new VirtualList({
      scroller: this.#box,
      rows,
      spacers: [above.cell, below.cell],
      header: head,
      rowHeight: ROW_PX,
      margin: MARGIN,
      key: (index) => this.#order.items[index]!,
      indexOf: (row) => this.#order.indexOf(row),
      draw: (index) => this.#drawRow(this.#order.items[index]!),
      place: (row, index) => this.#placeRow(row as HTMLTableRowElement, index),
      endsWithNewest: () => this.#order.sorting === null,
    });
    el.append(note, this.#box, this.#more);
  }

  change(payload: ListPayload<unknown>): void {
    const rows = payload.add.map(fromWire).map(asObject);
    for (const row of rows) this.#measure(row);
    this.#order.change(rows, payload.drop ?? 0);
    this.#table.setAttribute("aria-rowcount", String(this.#order.items.length + 1));
    this.#omitted(payload);
    this.#list.update(this.#order.items.length);
  }

  #drawRow(item: OrderedRow): HTMLElement {
    const row = element("tr");
    this.#addCells(row);
    this.#fill(row, item);
    return row;
  }

  #placeRow(row: HTMLTableRowElement, index: number): void {
    this.#addCells(row);
    row.setAttribute("aria-rowindex", String(index + 2));
  }

  /** Add a cell for each column that the row does not have yet. */
  #addCells(row: HTMLTableRowElement): void {
    for (let c = row.cells.length; c < this.#columns.size; c++) row.append(element("td"));
  }

  #fill(row: HTMLTableRowElement, { row: values }: OrderedRow): void {
    let index = 0;
    for (const [name, { width }] of this.#columns) {
      // A column may be called `constructor`, which every object has.
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      const td = row.cells[index++]!;
      const text = value === undefined ? "" : formatValue(value);
      const shown = escapeInvisible(text.slice(0, MAX_TITLE));
      td.textContent = shown;
      if (isNumber(value)) td.className = "nbs-number";
      if (text.length > 0.8 * width) td.title = shown;
    }
  }

  /** Add the columns of a row, and widen those that are too narrow for it. */
  #measure(row: Record<string, unknown>): void {
    let changed = false;
    for (const [name, value] of Object.entries(row)) {
      let column = this.#columns.get(name);
      if (column === undefined) {
        if (this.#columns.size >= MAX_COLUMNS) {
          if (this.#omittedColumns.size < MAX_OMITTED) this.#omittedColumns.add(name);
          this.#more.hidden = false;
          this.#more.textContent = `… ${formatCount(this.#omittedColumns.size, "more column")}`;
          continue;
        }
        column = this.#addColumn(name, isNumber(value));
      }
      const length = Math.max(formatValue(value).length, name.length + 3);
      if (length > column.width && column.width < WIDTHS.at(-1)!) {
        column.width = WIDTHS.find((width) => width >= length) ?? WIDTHS.at(-1)!;
        changed = true;
      }
    }
    if (changed) this.#widen();
  }

  #widen(): void {
    const columns = [...this.#columns.values()];
    for (const column of columns) {
      if (column.head === 0) column.head = Math.min(column.words.scrollWidth, MAX_HEAD_PX);
    }
    // Beside the words of a head there is its mark, and the padding on either side.
    const widths = columns.map(({ width, head }) => `max(${width}ch + 20px, ${head}px + 2ch + 24px)`);
    columns.forEach(({ col }, i) => {
      col.style.width = widths[i]!;
    });
    this.#table.style.width = `calc(${widths.join(" + ")})`;
  }

  #addColumn(name: string, numeric: boolean): Column {
    const mark = element("span", { class: "nbs-sort-mark", "aria-hidden": "true" });
    const shown = escapeInvisibleInCode(name);
    const words = element("span", { class: "nbs-sort-name" }, shown || "(no name)");
    const button = element("button", { type: "button", class: "nbs-sort", title: shown }, words, mark);
    const th = element("th", { scope: "col", ...(numeric && { class: "nbs-number" }) }, button);
    const column = { th, col: element("col"), mark, words, width: 0, head: 0 };
    button.addEventListener("click", () => this.#sortBy(name));
    this.#header.append(th);
    this.#cols.append(column.col);
    this.#columns.set(name, column);
    return column;
  }

  /** Sort by a column: ascending, descending, and as received, in turn. */
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
    this.#list.scrollToStart();
  }
}

/** Create a table body that takes the room of rows that are not drawn. */
function createSpacer() {
  const cell = element("td", { colspan: String(MAX_COLUMNS) });
  return { cell, body: element("tbody", { "aria-hidden": "true" }, element("tr", {}, cell)) };
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || value instanceof ExactNumber;
}

function asObject(item: unknown): Record<string, unknown> {
  const isObject = typeof item === "object" && item !== null && !Array.isArray(item);
  return isObject && !(item instanceof ExactNumber) ? (item as Record<string, unknown>) : { value: item };
}

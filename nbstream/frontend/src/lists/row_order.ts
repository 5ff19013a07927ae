// Keeps the rows of a table in order: as received, or sorted by a column.
import { formatValue } from "../ui/format.ts";
import { ExactNumber } from "../wire.ts";

export interface OrderedRow {
  /** The number of the row, counted as received. */
  serial: number;
  row: Record<string, unknown>;
}

interface Sorting {
  column: string;
  descending: boolean;
}

// Numbers within text are compared as numbers: "run 9" comes before "run 10".
const collator = new Intl.Collator("en", { numeric: true });

/** Compare two values: numbers come before text, text before all else. */
export function compare(a: unknown, b: unknown): number {
  const kinds = kindOf(a) - kindOf(b);
  if (kinds !== 0) return kinds;
  if (isNumber(a)) return Number(a > (b as number)) - Number(a < (b as number));
  if (typeof a === "string") return collator.compare(a, b as string);
  return collator.compare(formatValue(a), formatValue(b));
}

/** Get the value to sort by; null if there is none, or it is NaN. */
function getValue({ row }: OrderedRow, column: string): unknown {
  const value = Object.hasOwn(row, column) ? (row[column] ?? null) : null;
  return value instanceof ExactNumber ? value.value : value;
}

function kindOf(value: unknown): number {
  if (isNumber(value)) return 0;
  return typeof value === "string" ? 1 : 2;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

export class RowOrder {
  /** The rows in order. */
  items: OrderedRow[] = [];
  sorting: Sorting | null = null;
  #serial = 0;
  #first = 0; // the serial of the oldest row that is kept

  /** Sort by a column; null restores the order of arrival. */
  sort(sorting: Sorting | null): void {
    this.sorting = sorting;
    this.items.sort(this.#compare);
  }

  /** Insert rows in order, then drop the oldest. */
  change(rows: Record<string, unknown>[], drop: number): void {
    const fresh = rows.map((row) => ({ serial: this.#serial++, row }));
    if (this.sorting === null) {
      for (const item of fresh) this.items.push(item);
      if (drop > 0) this.items.splice(0, drop);
    } else {
      this.#merge(fresh.sort(this.#compare));
      const first = this.#first + drop;
      if (drop > 0) this.items = this.items.filter(({ serial }) => serial >= first);
    }
    this.#first += drop;
  }

  /** Find the index of a row; -1 if it was dropped. */
  indexOf(item: OrderedRow): number {
    if (item.serial < this.#first) return -1;
    return this.sorting === null ? item.serial - this.#first : this.items.indexOf(item);
  }

  #compare = (a: OrderedRow, b: OrderedRow): number => {
    const bySerial = a.serial - b.serial;
    if (this.sorting === null) return bySerial;
    const { column, descending } = this.sorting;
    const one = getValue(a, column);
    const other = getValue(b, column);
    // Rows without a value come last in either direction.
    if (one === null || other === null) {
      return Number(one === null) - Number(other === null) || bySerial;
    }
    return (descending ? compare(other, one) : compare(one, other)) || bySerial;
  };

  #merge(fresh: OrderedRow[]): void {
    const old = this.items;
    const merged: OrderedRow[] = [];
    let next = 0;
    for (const item of old) {
      while (next < fresh.length && this.#compare(fresh[next]!, item) < 0) merged.push(fresh[next++]!);
      merged.push(item);
    }
    while (next < fresh.length) merged.push(fresh[next++]!);
    this.items = merged;
  }
}

// Rows in the order in which they are shown: as they came, or sorted by a column.

export interface Item {
  /** Counts the rows as they came. */
  serial: number;
  row: Record<string, unknown>;
}

interface Sorting {
  column: string;
  descending: boolean;
}

// Numbers in words count too: "run 9" comes before "run 10".
const collator = new Intl.Collator("en", { numeric: true });

/** How two values stand to each other: numbers before words, words before all else. */
export function compare(a: unknown, b: unknown): number {
  const kinds = kindOf(a) - kindOf(b);
  if (kinds !== 0) return kinds;
  if (typeof a === "number") return a - (b as number);
  if (typeof a === "string") return collator.compare(a, b as string);
  return collator.compare(JSON.stringify(a), JSON.stringify(b));
}

function valueIn({ row }: Item, column: string): unknown {
  return Object.hasOwn(row, column) ? (row[column] ?? null) : null;
}

function kindOf(value: unknown): number {
  if (typeof value === "number") return 0;
  return typeof value === "string" ? 1 : 2;
}

export class Order {
  /** The rows in order. */
  items: Item[] = [];
  sorting: Sorting | null = null;
  #serial = 0;
  #first = 0; // the serial of the oldest row that is kept

  /** Sort, by null as they came. */
  sort(sorting: Sorting | null): void {
    this.sorting = sorting;
    this.items.sort(this.#compare);
  }

  /** Add rows where they belong, then let go of the oldest. */
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

  /** Where a row stands now; -1 if it is no longer kept. */
  indexOf(item: Item): number {
    if (item.serial < this.#first) return -1;
    return this.sorting === null ? item.serial - this.#first : this.items.indexOf(item);
  }

  #compare = (a: Item, b: Item): number => {
    const bySerial = a.serial - b.serial;
    if (this.sorting === null) return bySerial;
    const { column, descending } = this.sorting;
    const one = valueIn(a, column);
    const other = valueIn(b, column);
    // What is missing stands last whichever way the rest is sorted.
    if (one === null || other === null) {
      return Number(one === null) - Number(other === null) || bySerial;
    }
    return (descending ? compare(other, one) : compare(one, other)) || bySerial;
  };

  #merge(fresh: Item[]): void {
    const old = this.items;
    const merged: Item[] = [];
    let next = 0;
    for (const item of old) {
      while (next < fresh.length && this.#compare(fresh[next]!, item) < 0) merged.push(fresh[next++]!);
      merged.push(item);
    }
    while (next < fresh.length) merged.push(fresh[next++]!);
    this.items = merged;
  }
}

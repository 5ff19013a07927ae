// The base of the kinds that are lists of entries: log, rows, metrics, raw events.
import { formatCount } from "../../ui/format.ts";

/** Entries to add; then the oldest are dropped. */
export interface ListPayload<Entry> {
  add: Entry[];
  /** How many of the oldest to drop. */
  drop?: number;
  /** How many were dropped before all of these, unseen. */
  dropped?: number;
}

export class EntryList<Entry, P extends ListPayload<Entry> = ListPayload<Entry>> {
  entries: Entry[] = [];
  dropped = 0;

  apply({ add, drop = 0, dropped = 0 }: P): void {
    for (const entry of add) this.entries.push(entry);
    if (drop > 0) this.entries.splice(0, drop);
    this.dropped += drop + dropped;
  }

  state(): P {
    return { add: this.entries, dropped: this.dropped } as P;
  }

  /** How many of the entries can no longer change. */
  protected get settled(): number {
    return this.entries.length;
  }

  /** Whether a later state has the entries that are here, but for the oldest: a stream
   *  that was read again may have others. */
  #goesOn(entries: Entry[], first: number): boolean {
    const length = this.dropped + this.entries.length;
    if (first < this.dropped || first + entries.length < length) return false;
    const same = (n: number) => isSame(this.entries[n - this.dropped], entries[n - first]);
    const end = this.dropped + this.settled;
    return first >= end || (same(first) && same(end - 1));
  }

  diff({ add: entries, dropped: first = 0 }: P): P | null {
    if (!this.#goesOn(entries, first)) return null;
    const end = this.dropped + this.entries.length;
    return {
      add: entries.slice(Math.max(end - first, 0)),
      drop: Math.min(first - this.dropped, this.entries.length),
      dropped: Math.max(first - end, 0), // received and dropped while this page was not up to date
    } as P;
  }
}

/** Show in an element how many entries were dropped; hide it while there are none. */
export function countDropped(el: HTMLElement, one: string): (payload: ListPayload<unknown>) => void {
  let dropped = 0;
  el.hidden = true;
  return ({ drop = 0, dropped: before = 0 }) => {
    dropped += drop + before;
    el.hidden = dropped === 0;
    el.textContent = `… ${formatCount(dropped, one)} before these`;
  };
}

/** Whether two entries, which are JSON, are the same. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

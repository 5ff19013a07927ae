// The base of the kinds that are lists of entries: log, rows, metrics, raw events.
import type { Payload } from "../../protocol.ts";

export class EntryList<Entry> {
  entries: Entry[] = [];
  dropped = 0;

  apply({ add, drop = 0, dropped = 0 }: Payload): void {
    for (const entry of add as Entry[]) this.entries.push(entry);
    if (drop > 0) this.entries.splice(0, drop);
    this.dropped += drop + dropped;
  }

  state(): Payload {
    return { add: this.entries, dropped: this.dropped };
  }

  diff(state: Payload): Payload {
    const [entries, first] = [state["add"] as Entry[], state["dropped"] as number];
    const end = this.dropped + this.entries.length;
    return {
      add: entries.slice(Math.max(end - first, 0)),
      drop: Math.min(first - this.dropped, this.entries.length),
      dropped: Math.max(first - end, 0), // received and dropped while this page was not up to date
    };
  }
}

/** Show in an element how many entries were dropped; hide it while there are none. */
export function countDropped(el: HTMLElement, what: string): (payload: Payload) => void {
  let dropped = 0;
  el.hidden = true;
  return (payload) => {
    dropped += (payload["drop"] ?? 0) + (payload["dropped"] ?? 0);
    el.hidden = dropped === 0;
    el.textContent = `… ${dropped.toLocaleString("en")} ${what} before these`;
  };
}

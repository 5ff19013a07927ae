// What the kinds that are lists of entries share; the twin of `blocks/listing.py`.
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
      dropped: Math.max(first - end, 0), // came and went unseen
    };
  }
}

/** Says how many entries were let go, and keeps quiet where none were. */
export function omission(el: HTMLElement, what: string): (payload: Payload) => void {
  let dropped = 0;
  el.hidden = true;
  return (payload) => {
    dropped += (payload["drop"] ?? 0) + (payload["dropped"] ?? 0);
    el.hidden = dropped === 0;
    el.textContent = `… ${dropped.toLocaleString("en")} ${what} before these`;
  };
}

// Log lines, each with its level.
import type { LogEntry } from "../lists/log_lines.ts";
import { LogView } from "../lists/log_view.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./base/block.ts";
import { EntryList } from "./base/entry_list.ts";

export class LogBlock extends EntryList<LogEntry> implements Block {
  override apply(payload: Payload): void {
    // Lines that are overwritten, as after a carriage return.
    if (payload["undo"]) this.entries.length -= Math.min(payload["undo"], this.entries.length);
    super.apply(payload);
  }

  override diff(state: Payload): Payload {
    const [entries, first] = [state["add"] as LogEntry[], state["dropped"] as number];
    const change = super.diff(state);
    const last = this.dropped + this.entries.length - 1 - first;
    const same = JSON.stringify(this.entries.at(-1)) === JSON.stringify(entries[last]);
    // The last line that is known here may have been overwritten since.
    return last < 0 || same ? change : { ...change, undo: 1, add: entries.slice(last) };
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const view = new LogView(el);
    return ({ undo = 0 }) => view.update(this.entries, this.dropped, undo);
  }
}

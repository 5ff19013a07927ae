// Log lines, each with its level.
import type { LogEntry } from "../lists/log_lines.ts";
import { LogView } from "../lists/log_view.ts";
import type { Block } from "./base/block.ts";
import { EntryList, isSame, type ListPayload } from "./base/entry_list.ts";

/** Lines to add, after some of the last lines are removed. */
export interface LogPayload extends ListPayload<LogEntry> {
  /** How many of the last lines are removed before any are added. */
  undo?: number;
}

export class LogBlock extends EntryList<LogEntry, LogPayload> implements Block<LogPayload> {
  override apply(payload: LogPayload): void {
    // Lines that are overwritten, as after a carriage return.
    if (payload.undo) this.entries.length -= Math.min(payload.undo, this.entries.length);
    super.apply(payload);
  }

  /** The last line may be overwritten. */
  protected override get settled(): number {
    return Math.max(this.entries.length - 1, 0);
  }

  override diff(state: LogPayload): LogPayload | null {
    const { add: entries, dropped: first = 0 } = state;
    const change = super.diff(state);
    if (change === null) return null;
    const last = this.dropped + this.entries.length - 1 - first;
    const same = isSame(this.entries.at(-1), entries[last]);
    return last < 0 || same ? change : { ...change, undo: 1, add: entries.slice(last) };
  }

  draw(el: HTMLElement): (payload: LogPayload) => void {
    const view = new LogView(el);
    return ({ undo = 0 }) => view.update(this.entries, this.dropped, undo);
  }
}

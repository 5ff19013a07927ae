// Item rows: each is any JSON value, shown in a table with a column for each key.
import { RowsTable } from "../lists/rows_table.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./base/block.ts";
import { EntryList } from "./base/entry_list.ts";

export class RowsBlock extends EntryList<unknown> implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const table = new RowsTable(el);
    return (payload) => table.change(payload);
  }
}

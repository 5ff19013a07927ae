// Item rows: each is any JSON value; a table whose columns are the keys of the objects.

import { RowsTable } from "../lists/rows_table.ts";
import type { Block } from "./base/block.ts";
import { EntryList, type ListPayload } from "./base/entry_list.ts";

/** JSON values, one a row. */
export type RowsPayload = ListPayload<unknown>;

export class RowsBlock extends EntryList<unknown> implements Block<RowsPayload> {
  draw(el: HTMLElement): (payload: RowsPayload) => void {
    const table = new RowsTable(el);
    return (payload) => table.change(payload);
  }
}

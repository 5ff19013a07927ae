// Item rows: each is any JSON value; a table whose columns are the keys of the objects.

import { RowsTable } from "../lists/rows_table.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./base/block.ts";
import { Listing } from "./base/entry_list.ts";

export class RowsBlock extends Listing<unknown> implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const table = new RowsTable(el);
    return (payload) => table.change(payload);
  }
}

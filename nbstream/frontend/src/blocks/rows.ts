// Item rows: each is any JSON value; a table whose columns are the keys of the objects.
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";
import { Listing } from "./listing.ts";
import { RowsTable } from "./rows_table.ts";

export class RowsBlock extends Listing<unknown> implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const table = new RowsTable(el);
    return (payload) => table.change(payload);
  }
}

// What every kind of content has in common; the twin of `nbstream/blocks/block.py`.
import type { Payload } from "../../protocol.ts";

/** The page's own copy of one block, for views that come late. */
export interface Block {
  /** Take a change in. Applied to nothing, a whole state is a change too. */
  apply(payload: Payload): void;
  /** The payload that makes the whole block from nothing. */
  state(): Payload;
  /** The change from what is here to a later state; null if only drawing all of it anew
   *  leads there. */
  diff(state: Payload): Payload | null;
  /** Draw into an empty element; returns what draws a change. */
  draw(el: HTMLElement): (payload: Payload) => void;
}

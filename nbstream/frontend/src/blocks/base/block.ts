// The interface of every kind of content, as in the kernel.
import type { Payload } from "../payloads.ts";

/** The page's copy of one block, from which later views are drawn. `P` is the type of its
 *  payloads. */
export interface Block<P = Payload> {
  /** Apply a change. A whole state is the change of an empty block. */
  apply(payload: P): void;
  /** Get the payload that makes the whole block from an empty one. */
  state(): P;
  /** Find the change that leads to a later state; null if the block must be drawn anew. */
  diff(state: P): P | null;
  /** Draw into an empty element; returns a function that draws a change. */
  draw(el: HTMLElement): (payload: P) => void;
}

// From what a page knows of a stream to what it is told as a whole. What is drawn already
// goes on as it is, with the focus in it, where it is scrolled to, sorted and unfolded.
import { type Block, newBlock } from "./blocks/index.ts";
import type { Patch, Payload } from "./protocol.ts";

/** A change of a block, which the block has taken in. */
export type Change = [Block, Payload];

/** The blocks as a snapshot tells them. Those that lead there by a change are kept, and
 *  told it; which numbers they have may be others than before. */
export function caughtUp(
  known: Iterable<Block>,
  snapshot: Patch[],
): { blocks: Map<number, Block>; changes: Change[] } {
  // Each kind keeps its order, so what came before one that goes on is gone.
  const ofKind = new Map<unknown, Block[]>();
  for (const block of known) {
    ofKind.set(block.constructor, [...(ofKind.get(block.constructor) ?? []), block]);
  }
  const blocks = new Map<number, Block>();
  const changes: Change[] = [];
  for (const [index, kind, state] of snapshot) {
    let block = newBlock(kind);
    const candidates = ofKind.get(block.constructor) ?? [];
    const at = candidates.findIndex((one) => one.until(state) !== null);
    if (at < 0) block.apply(state);
    else {
      block = candidates[at]!;
      const payload = block.until(state)!;
      block.apply(payload);
      changes.push([block, payload]);
      candidates.splice(0, at + 1);
    }
    blocks.set(index, block);
  }
  return { blocks, changes };
}

/** A snapshot of the parts in which it came: of a list, all but the first go on with it. */
export function joined(parts: Patch[][]): Patch[] {
  const blocks = new Map<number, Patch>();
  for (const [index, kind, payload] of parts.flat()) {
    const begun = blocks.get(index)?.[2];
    if (begun === undefined) blocks.set(index, [index, kind, { ...payload }]);
    else begun["add"] = begun["add"].concat(payload["add"]);
  }
  return [...blocks.values()];
}

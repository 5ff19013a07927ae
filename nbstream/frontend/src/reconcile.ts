// Reconciles what a page knows of a stream with a snapshot of it. Blocks that are drawn
// already are kept, with their focus, scroll position, sorting and what is unfolded.
import { type Block, newBlock } from "./blocks/index.ts";
import type { Patch, Payload } from "./protocol.ts";

/** A change of a block, which the block has applied already. */
export type Change = [Block, Payload];

/** Find the blocks of a snapshot. A known block that a change can bring to a state of the
 *  snapshot is kept and changed, even if its number in the snapshot is another; all other
 *  states become new blocks. */
export function reconcile(
  known: Iterable<Block>,
  snapshot: Patch[],
): { blocks: Map<number, Block>; changes: Change[] } {
  // Each kind keeps its order, so whatever is before a block that is kept is gone.
  const ofKind = new Map<unknown, Block[]>();
  for (const block of known) {
    ofKind.set(block.constructor, [...(ofKind.get(block.constructor) ?? []), block]);
  }
  const blocks = new Map<number, Block>();
  const changes: Change[] = [];
  for (const [index, kind, state] of snapshot) {
    let block = newBlock(kind);
    const candidates = ofKind.get(block.constructor) ?? [];
    const at = candidates.findIndex((one) => one.diff(state) !== null);
    if (at < 0) block.apply(state);
    else {
      block = candidates[at]!;
      const payload = block.diff(state)!;
      block.apply(payload);
      changes.push([block, payload]);
      candidates.splice(0, at + 1);
    }
    blocks.set(index, block);
  }
  return { blocks, changes };
}

/** Join the parts of a snapshot: the entries of a long list are spread over several. */
export function joinParts(parts: Patch[][]): Patch[] {
  const blocks = new Map<number, Patch>();
  for (const [index, kind, payload] of parts.flat()) {
    const first = blocks.get(index)?.[2];
    if (first === undefined) blocks.set(index, [index, kind, { ...payload }]);
    else if ("add" in first && "add" in payload) {
      first.add = [...first.add, ...payload.add] as typeof first.add;
    }
  }
  return [...blocks.values()];
}

// Run by tests/test_contract.py: what a page makes of the kernel's messages, with the
// page's own store and blocks. Reads cases of JSON lines, writes one line for each.
import { createInterface } from "node:readline";
import { type Block, newBlock } from "../src/blocks/index.ts";
import type { FreezeMessage, FromKernel, HostModel, Model } from "../src/protocol.ts";
import { Store, type StreamView } from "../src/store.ts";

/** Messages for one page, each with the kinds of the blocks that are there after it. */
interface Case {
  messages: Exclude<FromKernel, FreezeMessage>[];
  kinds: string[][];
}

Object.assign(globalThis, { requestAnimationFrame: () => 1, cancelAnimationFrame: () => {} });

/** The blocks after each message; a string where a block is of another kind. */
function states({ messages, kinds }: Case): unknown[][] {
  const model = { get: () => "live" } as unknown as Model;
  const host = { on: () => {}, off: () => {} } as unknown as HostModel;
  const store = new Store(model, () => {}, host);
  store.connect(new AbortController().signal);
  return messages.map((message, i) => {
    store.receive(structuredClone(message)); // as it comes off the wire: the page's own
    const shown = blocksOf(store).map((block, n) => {
      const expected = newBlock(kinds[i]![n] ?? "text").constructor;
      return block.constructor === expected ? block.state() : block.constructor.name;
    });
    return structuredClone(shown);
  });
}

/** The payload that a new view draws. */
function blocksOf(store: Store): Block[] {
  let blocks: Block[] = [];
  const view: StreamView = {
    arrange: (all) => {
      blocks = [...all];
    },
    patch: () => {},
    head: () => {},
    connection: () => {},
  };
  const look = new AbortController();
  store.add(view, look.signal);
  look.abort();
  return blocks;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(states(JSON.parse(line) as Case))}\n`);
}

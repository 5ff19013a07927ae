// A page that was behind gets a snapshot, and keeps what it shows already.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newBlock } from "../src/blocks/index.ts";
import type { TextPayload } from "../src/blocks/text.ts";
import type { Patch, Payload } from "../src/protocol.ts";
import { reconcile } from "../src/reconcile.ts";

const blockOf = (kind: string, state: Payload) => {
  const block = newBlock(kind);
  block.apply(state);
  return block;
};
const bar = { elapsed: 1, first: 0, percent: 10 };

/** The known payload, the later one, and the change that a page has to draw. */
const CONTINUED: [string, Payload, Payload, Payload][] = [
  ["text", { text: "one" }, { text: "one two", dropped: 0 }, { text: " two" }],
  [
    "reasoning",
    { text: "a" },
    { text: "ab", dropped: 0, elapsed: 2, closed: true },
    { text: "b", elapsed: 2, closed: true },
  ],
  [
    "tool_call",
    { text: "{" },
    { text: "{}", dropped: 0, id: "1", name: "f" },
    { text: "}", id: "1", name: "f" },
  ],
  ["log", { add: [1, 2] }, { add: [2, 3], dropped: 1 }, { add: [3], drop: 1, dropped: 0 }],
  ["rows", { add: [1, 2], dropped: 3 }, { add: [9], dropped: 8 }, { add: [9], drop: 2, dropped: 3 }],
  ["progress", { bars: { a: bar, b: bar } }, { bars: { b: bar } }, { bars: { b: bar }, gone: ["a"] }],
  [
    "citations",
    { add: [["a", "", ""]] },
    {
      add: [
        ["a", "", ""],
        ["b", "", ""],
      ],
      more: 2,
    },
    { add: [["b", "", ""]], more: 2 },
  ],
  ["usage", { output_tokens: 1 }, { output_tokens: 2 }, { output_tokens: 2 }],
  ["error", { message: "a" }, { message: "b", traceback: "" }, { message: "b", traceback: "" }],
];

for (const [kind, before, later, change] of CONTINUED) {
  test(`${kind} continues where it was`, () => {
    const known = blockOf(kind, before);
    const { blocks, changes } = reconcile([known], [[4, kind, later]]);
    assert.deepEqual(changes, [[known, change]]);
    assert.equal(blocks.get(4), known);
    assert.deepEqual(known.state(), blockOf(kind, later).state());
  });
}

test("parts that were let go make room, and the others stay", () => {
  const known = ["first", "second", "third"].map((text) => blockOf("text", { text }));
  const snapshot: Patch[] = [
    [0, "text", { text: "", dropped: 5 }],
    [1, "text", { text: "second", dropped: 0 }],
    [2, "text", { text: "third, and on", dropped: 0 }],
    [3, "text", { text: "fourth", dropped: 0 }],
  ];
  const { blocks, changes } = reconcile(known, snapshot);
  assert.deepEqual([blocks.get(1), blocks.get(2)], known.slice(1));
  assert.deepEqual(
    changes.map(([, payload]) => (payload as TextPayload).text),
    ["", ", and on"],
  );
  assert.deepEqual(
    [...blocks.values()].map((block) => block.state()),
    snapshot.map(([, , state]) => state),
  );
});

test("a text whose beginning is gone is drawn anew", () => {
  const known = blockOf("text", { text: "one two" });
  const { blocks, changes } = reconcile([known], [[0, "text", { text: "two three", dropped: 4 }]]);
  assert.deepEqual(changes, []);
  assert.notEqual(blocks.get(0), known);
  assert.deepEqual(blocks.get(0)?.state(), { text: "two three", dropped: 4 });
});

// Each kind of content keeps what patches tell it, and tells a late view the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newBlock } from "../src/blocks/index.ts";
import type { Payload } from "../src/protocol.ts";

const after = (kind: string, ...payloads: Payload[]) => {
  const block = newBlock(kind);
  for (const payload of payloads) block.apply(payload);
  return block.state();
};

test("text grows, and lets go of its beginning", () => {
  assert.deepEqual(after("text", { text: "one " }, { text: "two", drop: 2, dropped: 2 }), {
    text: "e two",
    dropped: 2,
  });
});

test("lists grow, and let go of their oldest", () => {
  for (const kind of ["log", "rows", "raw", "metrics"]) {
    assert.deepEqual(after(kind, { add: [1, 2] }, { add: [3], drop: 1 }), {
      add: [2, 3],
      dropped: 1,
    });
  }
});

test("bars are replaced by name, and go", () => {
  const bar = { elapsed: 1, first: 0 };
  const a = { ...bar, percent: 10 };
  const later = { ...bar, percent: 20 };
  assert.deepEqual(after("progress", { bars: { a, b: a } }, { bars: { a: later }, gone: ["b"] }), {
    bars: { a: later },
  });
});

test("a state is a payload: applied to nothing, it makes the whole", () => {
  const state = after("log", { add: ["x", "y"], drop: 1 });
  assert.deepEqual(after("log", state), state);
});

test("a kind that is not known says so", () => {
  assert.throws(() => newBlock("hologram"), /no view for content of kind hologram/);
});

// Bars: how they stand under one another, and what they say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newBlock } from "../src/blocks/index.ts";
import { computePace, describeBar, nestNames } from "../src/blocks/progress.ts";

const tree = (...names: string[]) => nestNames(names).map((at) => [at.depth, at.label]);

test("bars stand under the nearest bar that their name begins with", () => {
  assert.deepEqual(tree("run", "other", "run/epoch 1", "run/epoch 1/batch", "run/epoch 2"), [
    [0, "run"],
    [1, "epoch 1"],
    [2, "batch"],
    [1, "epoch 2"],
    [0, "other"],
  ]);
  assert.deepEqual(tree("outer › inner", "outer"), [
    [0, "outer"],
    [1, "inner"],
  ]);
});

test("a name without its outer bar stays whole", () => {
  assert.deepEqual(tree("data/train.csv", "/tmp/x", ""), [
    [0, "data/train.csv"],
    [0, "/tmp/x"],
    [0, ""],
  ]);
  assert.deepEqual(tree("a", "a/b/c"), [
    [0, "a"],
    [1, "b/c"],
  ]);
});

test("a bar tells its pace, and when it will be done", () => {
  const bar = { current: 30, total: 100, percent: 30, first: 10, from: 10, elapsed: 4 };
  assert.equal(computePace(bar), 5);
  assert.equal(describeBar(bar), "30 % · 30 of 100 · 5.0/s · ETA 14.0 s");
  assert.equal(describeBar({ current: 7, first: 0, elapsed: 0 }), "7");
  assert.equal(computePace({ current: 7, from: 7, first: 0, elapsed: 3 }), null);
});

test("a bar past its total says by how much", () => {
  const bar = { current: 12, total: 10, percent: 100, first: 0, elapsed: 0 };
  assert.equal(describeBar(bar), "100 % · 12 of 10 · 2 over");
});

test("a late view gets what the patches made", () => {
  const bar = { elapsed: 1, first: 0, percent: 5 };
  const early = newBlock("progress");
  early.apply({ bars: { a: bar, "a/b": bar } });
  early.apply({ bars: { "a/b": { ...bar, percent: 9 } }, gone: ["a"] });
  const late = newBlock("progress");
  late.apply(early.state());
  assert.deepEqual(late.state(), { bars: { "a/b": { ...bar, percent: 9 } } });
});

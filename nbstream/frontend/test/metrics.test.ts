// Metric points as lines: thinned without losing what the eye would see.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newBlock } from "../src/blocks/index.ts";
import { alignSeries, collectSeries, downsample, groupOf, type Point } from "../src/charts/series.ts";

test("thinning keeps the extremes, the ends and the gaps", () => {
  const xs = Array.from({ length: 20_000 }, (_, i) => i);
  const ys: (number | null)[] = xs.map((x) => Math.sin(x / 900));
  ys[7_777] = 50;
  ys[12_345] = -60;
  ys[3_000] = null;
  const [x, y] = downsample(xs, ys, 500);
  assert.ok(x.length <= 5 * 502, `${x.length} points for 500 columns`);
  assert.equal(y[x.indexOf(7_777)], 50);
  assert.equal(y[x.indexOf(12_345)], -60);
  assert.equal(y[x.indexOf(3_000)], null);
  assert.deepEqual([x[0], x.at(-1)], [0, 19_999]);
  assert.ok(
    x.every((one, i) => i === 0 || one > x[i - 1]!),
    "rising",
  );
});

test("few points are left as they are, and steps that are all one do no harm", () => {
  assert.deepEqual(downsample([1, 2, 3], [4, null, 6], 100), [
    [1, 2, 3],
    [4, null, 6],
  ]);
  const [x] = downsample(Array(900).fill(5), Array(900).fill(1), 10);
  assert.ok(x.length >= 1);
});

test("series have their steps in order, and the last value of each step", () => {
  const points: Point[] = [
    ["a", 2, 20],
    ["a", 1, 10],
    ["a", 2, 21],
    ["a", 3, "nan"],
  ];
  const [a] = collectSeries(points);
  assert.deepEqual(
    [a!.xs, a!.ys],
    [
      [1, 2, 3],
      [10, 21, null],
    ],
  );
  assert.deepEqual([a!.last, a!.step, a!.min, a!.max, a!.gaps], ["nan", 3, 10, 21, 1]);
});

test("points without a step follow their order", () => {
  const [a] = collectSeries([
    ["a", null, 5],
    ["a", null, 6],
    ["a", 9, 7],
  ]);
  assert.deepEqual(
    [a!.xs, a!.ys],
    [
      [1, 2, 3],
      [5, 6, 7],
    ],
  );
});

test("absurd numbers are gaps: no axis can hold them", () => {
  const [a] = collectSeries([
    ["a", 1, 1.7e308],
    ["a", 2, -1.7e308],
    ["a", 1e300, 1],
  ]);
  assert.deepEqual(
    [a!.xs, a!.ys],
    [
      [1, 2, 3],
      [null, null, 1],
    ],
  );
  assert.equal(a!.max, 1.7e308);
});

test("what is to be compared shares a chart", () => {
  const loss = ["loss", "train/loss", "val_loss", "loss.test", "validation/Loss"].map(groupOf);
  assert.deepEqual(loss, ["loss", "loss", "loss", "loss", "Loss"]);
  assert.deepEqual(["lr", "train", "a/", "test/"].map(groupOf), ["lr", "train", "a/", "test/"]);
});

test("lines of other steps are aligned, and gaps stay gaps", () => {
  assert.deepEqual(
    alignSeries([
      [
        [1, 3],
        [1, null],
      ],
      [
        [2, 3],
        [5, 6],
      ],
    ]),
    [
      [1, 2, 3],
      [1, undefined, null],
      [undefined, 5, 6],
    ],
  );
});

test("a late view gets what the patches made", () => {
  const early = newBlock("metrics");
  early.apply({
    add: [
      ["a", 1, 1],
      ["b", 1, 2],
    ],
  });
  early.apply({ add: [["a", 2, "nan"]], drop: 1 });
  const late = newBlock("metrics");
  late.apply(early.state());
  assert.deepEqual(late.state(), early.state());
  assert.deepEqual(late.state(), {
    add: [
      ["b", 1, 2],
      ["a", 2, "nan"],
    ],
    dropped: 1,
  });
});

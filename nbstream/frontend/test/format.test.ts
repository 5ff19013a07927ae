import assert from "node:assert/strict";
import { test } from "node:test";
import { computeEta } from "../src/blocks/progress.ts";
import {
  describeRetry,
  formatCount,
  formatDuration,
  formatNumber,
  formatRate,
  formatValue,
} from "../src/ui/format.ts";

test("durations read as clocks from a minute on", () => {
  assert.deepEqual([0, 4.25, 59.94, 60, 3729].map(formatDuration), [
    "0.0 s",
    "4.3 s",
    "59.9 s",
    "1:00",
    "1:02:09",
  ]);
});

test("figures have no needless digits", () => {
  assert.equal(formatNumber(1 / 3), "0.333333");
  assert.equal(formatNumber(12), "12");
  assert.equal(formatNumber(1e-9), "1e-9");
  assert.equal(formatCount(1, "event"), "1 event");
  assert.equal(formatCount(12345, "event"), "12,345 events");
  assert.deepEqual([0.52, 35.4, 2000].map(formatRate), ["0.5/s", "35/s", "2,000/s"]);
  assert.equal(formatValue({ a: [1, null] }), '{"a": [1, null]}');
});

test("a wait is counted down, and one that is over at once is not worth a word", () => {
  assert.deepEqual(describeRetry(undefined, 0), []);
  assert.deepEqual(describeRetry(0, 0), []);
  assert.deepEqual(describeRetry(0.3, 0), []);
  assert.deepEqual(describeRetry(0.5, 0), ["trying again in 1 s"]);
  assert.deepEqual(describeRetry(58.2, 1.1), ["trying again in 58 s"]);
  assert.deepEqual(describeRetry(58.2, 58), ["trying again in 1 s"]);
  assert.deepEqual(describeRetry(58.2, 58.2), []);
});

test("the ETA is worked out from the pace so far, where there is one", () => {
  assert.equal(computeEta({ percent: 50, first: 0, elapsed: 10 }), 10);
  assert.equal(computeEta({ percent: 60, first: 20, elapsed: 4 }), 4);
  assert.equal(computeEta({ percent: 100, first: 0, elapsed: 9 }), null);
  assert.equal(computeEta({ percent: 20, first: 20, elapsed: 9 }), null);
  assert.equal(computeEta({ first: 0, elapsed: 9 }), null);
});

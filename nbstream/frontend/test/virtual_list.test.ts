import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsInView } from "../src/lists/virtual_list.ts";

test("rows in view are those that are partly there, and some beyond", () => {
  assert.deepEqual(rowsInView(0, 100, 20, 1000, 0), [0, 5]);
  assert.deepEqual(rowsInView(30, 100, 20, 1000, 0), [1, 7]);
  assert.deepEqual(rowsInView(30, 100, 20, 1000, 3), [0, 10]);
});

test("there are no rows before the first or after the last", () => {
  assert.deepEqual(rowsInView(19_950, 100, 20, 1000, 10), [987, 1000]);
  assert.deepEqual(rowsInView(50_000, 100, 20, 3, 1), [3, 3]);
  assert.deepEqual(rowsInView(0, 100, 20, 0), [0, 0]);
});

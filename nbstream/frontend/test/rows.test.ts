// Rows in order: as they came, or sorted, while more arrive and the oldest go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, RowOrder } from "../src/lists/row_order.ts";
import { formatValue } from "../src/ui/format.ts";
import { ExactNumber } from "../src/wire.ts";

const rows = (...values: unknown[]) => values.map((v) => (v === undefined ? {} : { v }));
const shown = (order: RowOrder) => order.items.map(({ row }) => row["v"]);

test("numbers sort as numbers, words as words, and kinds apart", () => {
  const values = [10, "run 10", 9, true, "run 9", -1, { a: 1 }, "Run 9"];
  assert.deepEqual(values.sort(compare), [-1, 9, 10, "run 9", "Run 9", "run 10", { a: 1 }, true]);
});

test("rows that arrive go where they belong", () => {
  const order = new RowOrder();
  order.change(rows(5, 1), 0);
  order.sort({ column: "v", descending: false });
  order.change(rows(3, 9, 0), 0);
  assert.deepEqual(shown(order), [0, 1, 3, 5, 9]);
  order.sort({ column: "v", descending: true });
  order.change(rows(4), 0);
  assert.deepEqual(shown(order), [9, 5, 4, 3, 1, 0]);
  order.sort(null);
  assert.deepEqual(shown(order), [5, 1, 3, 9, 0, 4]);
});

test("the oldest go, however the rows are sorted", () => {
  const order = new RowOrder();
  order.change(rows(5, 1), 0);
  order.sort({ column: "v", descending: false });
  const [, five] = order.items;
  order.change(rows(3), 1);
  assert.deepEqual(shown(order), [1, 3]);
  assert.equal(order.indexOf(five!), -1);
  order.sort(null);
  order.change(rows(7, 8), 3);
  assert.deepEqual(shown(order), [8]);
  assert.equal(order.indexOf(order.items[0]!), 0);
});

test("what is missing stands last either way, and equals stay as they came", () => {
  const order = new RowOrder();
  order.change(rows(undefined, 2, null, 1), 0);
  order.sort({ column: "v", descending: false });
  assert.deepEqual(shown(order), [1, 2, undefined, null]);
  order.sort({ column: "v", descending: true });
  assert.deepEqual(shown(order), [2, 1, undefined, null]);
});

test("numbers past those of JavaScript sort by their digits, and what is not a number stands last", () => {
  const exact = ["12345678901234567891", "12345678901234567890", "nan", "-inf", "inf"].map(
    (n) => new ExactNumber(n),
  );
  const order = new RowOrder();
  order.change(rows(...exact, 12345678901234567000, "word", -1), 0);
  order.sort({ column: "v", descending: false });
  assert.deepEqual(
    shown(order).map((value) => formatValue(value)),
    [
      "-inf",
      "-1",
      "12345678901234567000",
      "12345678901234567890",
      "12345678901234567891",
      "inf",
      "word",
      "nan",
    ],
  );
});

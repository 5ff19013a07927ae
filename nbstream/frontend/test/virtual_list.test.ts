// A virtual list draws what is in view, follows its end, and keeps what the reader looks at.
import "./dom.ts";
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { findVisibleRows, VirtualList } from "../src/lists/virtual_list.ts";
import { fillPage, press, resize, scroll, turnWheel } from "./dom.ts";

const ROW_PX = 20;
const VIEW_PX = 100;
let now = 10_000;
mock.method(performance, "now", () => now);

/** A list of numbers, five of which are in view. */
function open(numbers: number[]) {
  const page = fillPage("<div><div></div><section></section><div></div></div>");
  const scroller = page.firstElementChild as HTMLElement;
  const [above, rows, below] = [...scroller.children] as [HTMLElement, HTMLElement, HTMLElement];
  const state = { numbers, sorted: false, drawn: [] as number[], followed: [] as boolean[] };
  const list = new VirtualList<number>({
    scroller,
    rows,
    spacers: [above, below],
    rowHeight: ROW_PX,
    margin: 1,
    key: (index) => state.numbers[index]!,
    indexOf: (number) => state.numbers.indexOf(number),
    draw: (index) => {
      state.drawn.push(state.numbers[index]!);
      const row = document.createElement("p");
      row.textContent = String(state.numbers[index]);
      return row;
    },
    place: (row, index) => row.setAttribute("aria-rowindex", String(index)),
    endsWithNewest: () => !state.sorted,
    followed: (follows) => state.followed.push(follows),
  });
  const update = (next: number[]) => {
    state.numbers = next;
    list.update(next.length);
  };
  list.update(numbers.length);
  resize(scroller, VIEW_PX);
  return {
    list,
    scroller,
    state,
    update,
    row: (number: number) => [...rows.children].find((one) => one.textContent === String(number)),
    rows: () => [...rows.children].map((one) => Number(one.textContent)),
    spacers: () => [above.style.height, below.style.height],
  };
}

/** The numbers from one to before another. */
const range = (from: number, end: number) => Array.from({ length: end - from }, (_, i) => from + i);

test("only the rows in view and some beyond are in the page, at the end to begin with", () => {
  const { rows, spacers, scroller } = open(range(0, 1000));
  assert.equal(scroller.scrollTop, 1000 * ROW_PX - VIEW_PX);
  assert.deepEqual(rows(), range(994, 1000));
  assert.deepEqual(spacers(), [`${994 * ROW_PX}px`, "0px"]);
});

test("a list that is hidden draws nothing until it has a size", () => {
  const { rows, scroller, update } = open(range(0, 10));
  resize(scroller, 0);
  update(range(0, 1000));
  assert.ok(!rows().includes(999));
  resize(scroller, VIEW_PX);
  assert.ok(rows().includes(999));
});

test("the end is followed until the reader turns the wheel up, and again from the end on", () => {
  const { list, scroller, rows, state, update } = open(range(0, 100));
  update(range(0, 101));
  assert.equal(rows().at(-1), 100);
  turnWheel(scroller, -10);
  scroll(scroller, 50 * ROW_PX);
  update(range(0, 200));
  assert.equal(scroller.scrollTop, 50 * ROW_PX);
  assert.deepEqual(rows(), range(49, 56));
  assert.equal(list.follows, false);
  scroll(scroller, 200 * ROW_PX - VIEW_PX);
  update(range(0, 300));
  assert.equal(rows().at(-1), 299);
  assert.deepEqual(state.followed, [false, true]);
});

test("the keys lead away from the end and back, and a scroll in progress does not undo that", () => {
  const { list, scroller } = open(range(0, 100));
  press(scroller, "PageUp");
  assert.equal(list.follows, false);
  scroll(scroller, 10 * ROW_PX);
  press(scroller, "End");
  assert.equal(list.follows, true);
  assert.equal(scroller.scrollTop, 100 * ROW_PX - VIEW_PX);
  scroll(scroller, 80 * ROW_PX);
  assert.equal(list.follows, true, "it was under way before the key was pressed");
  now += 1000;
  scroll(scroller, 70 * ROW_PX);
  assert.equal(list.follows, false);
});

test("what the reader looks at stays in its place when rows are dropped above it", () => {
  const { scroller, rows, row, state, update } = open(range(0, 100));
  turnWheel(scroller, -10);
  scroll(scroller, 50 * ROW_PX + 7);
  const seen = row(52);
  state.drawn = [];
  update(range(30, 130));
  assert.equal(scroller.scrollTop, 20 * ROW_PX + 7);
  assert.equal(row(52), seen, "the row is not drawn again: a selection in it stays");
  assert.deepEqual(rows(), range(49, 57));
  assert.deepEqual(state.drawn, []);
  assert.equal(seen?.getAttribute("aria-rowindex"), "22");
});

test("rows are moved where a sort puts them, and a sorted list has no end to follow", () => {
  const { list, scroller, rows, row, state, update } = open(range(0, 100));
  const last = row(99);
  state.sorted = true;
  state.numbers = range(0, 100).reverse();
  list.scrollToStart();
  assert.deepEqual(rows(), range(94, 100).reverse());
  assert.equal(row(99), last);
  update([...range(100, 110).reverse(), ...state.numbers]);
  assert.equal(scroller.scrollTop, 0, "at the top, new rows come into view");
  assert.equal(rows()[0], 109);
  scroll(scroller, 30 * ROW_PX);
  update([...range(110, 120).reverse(), ...state.numbers]);
  assert.equal(scroller.scrollTop, 40 * ROW_PX, "further down, they do not move what is read");
});

test("a list that fits is followed once it is too long, unless it is sorted by then", () => {
  const { list, scroller, state, update } = open(range(0, 3));
  state.sorted = true;
  list.scrollToStart();
  update(range(0, 50));
  assert.equal(scroller.scrollTop, 0);
  update(range(0, 3));
  state.sorted = false;
  list.scrollToStart();
  update(range(0, 50));
  assert.equal(scroller.scrollTop, 50 * ROW_PX - VIEW_PX);
});

test("a row that was gone to is in the middle, and stays there", () => {
  const { list, scroller, update } = open(range(0, 100));
  list.scrollToRow(40);
  assert.equal(scroller.scrollTop, 40.5 * ROW_PX - VIEW_PX / 2);
  assert.deepEqual(list.inView(), [38, 43]);
  update(range(0, 200));
  assert.equal(scroller.scrollTop, 40.5 * ROW_PX - VIEW_PX / 2);
});

test("a row whose content has changed is drawn again", () => {
  const { list, row, state } = open(range(0, 10));
  const before = row(9);
  list.forget(9);
  list.update(10);
  assert.notEqual(row(9), before);
  state.drawn = [];
  list.redraw(10);
  assert.deepEqual(state.drawn, range(4, 10));
});

test("rows in view are those that are partly there, and some beyond", () => {
  assert.deepEqual(findVisibleRows(0, 100, 20, 1000, 0), [0, 5]);
  assert.deepEqual(findVisibleRows(30, 100, 20, 1000, 0), [1, 7]);
  assert.deepEqual(findVisibleRows(30, 100, 20, 1000, 3), [0, 10]);
});

test("there are no rows before the first or after the last", () => {
  assert.deepEqual(findVisibleRows(19_950, 100, 20, 1000, 10), [987, 1000]);
  assert.deepEqual(findVisibleRows(50_000, 100, 20, 3, 1), [3, 3]);
  assert.deepEqual(findVisibleRows(0, 100, 20, 0), [0, 0]);
});

// The live table of streams: rows come, change and go, and each can be cancelled.
import "./dom.ts";
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { StreamsTable } from "../src/panels/streams_table.ts";
import type { State, StreamRow } from "../src/protocol.ts";
import { fillPage } from "./dom.ts";

const row = (number: number, state: State, events = 1000): StreamRow => ({
  number,
  name: `stream ${number}`,
  source: `http://127.0.0.1/${number}`,
  state,
  elapsed: 65,
  events,
  bytes: 2048,
  rate: 12.3,
});

mock.timers.enable({ apis: ["setInterval"] });

/** A table that is drawn, and what it sends. */
function open() {
  const sent: unknown[] = [];
  const kernel = { isGone: false };
  const frozen: HTMLElement[] = [];
  const table = new StreamsTable(
    (message) => sent.push(message),
    () => kernel.isGone,
    (content) => frozen.push(content),
  );
  const lifetime = new AbortController();
  const page = fillPage();
  table.draw(page, lifetime.signal);
  const receive = (rows: StreamRow[], all = false) => table.receive({ type: "rows", rows, all });
  const texts = () => {
    return [...page.querySelectorAll("tbody tr")].map((line) => {
      return [...line.querySelectorAll("td")].slice(0, 7).map((cell) => cell.textContent);
    });
  };
  const button = (name: string) => {
    const buttons = [...page.querySelectorAll("button")];
    return buttons.find((one) => (one.getAttribute("aria-label") ?? one.textContent) === name)!;
  };
  return { table, sent, kernel, frozen, receive, texts, button, page, lifetime };
}

test("a stream is a row with its figures, and only what changed is sent again", () => {
  const { receive, texts } = open();
  receive([row(1, "live"), row(2, "stopping")], true);
  receive([row(1, "finished", 1001)]);
  assert.deepEqual(texts(), [
    ["stream 1", "finished", "http://127.0.0.1/1", "1:05", "1,001", "", "2,048"],
    ["stream 2", "stopping at its next yield", "http://127.0.0.1/2", "1:05", "1,000", "", "2,048"],
  ]);
  receive([row(1, "live")]);
  assert.equal(texts()[0]![5], "12/s");
  receive([row(2, "finished")], true);
  assert.deepEqual(
    texts().map(([name]) => name),
    ["stream 2"],
    "whatever is not among all streams is gone",
  );
});

test("one stream is cancelled by its button, and all by the button above", () => {
  const { receive, sent, button } = open();
  receive([row(1, "live"), row(2, "finished")], true);
  assert.equal(button("Cancel stream 2").hidden, true);
  button("Cancel stream 1").click();
  button("Cancel all").click();
  assert.deepEqual(sent, [{ type: "cancel", number: 1 }, { type: "cancel" }]);
  receive([row(1, "cancelled")]);
  assert.equal(button("Cancel stream 1").hidden, true);
  assert.equal(button("Cancel all").disabled, true);
});

test("every view shows the same, also one that is added later; a removed one is not updated", () => {
  const { table, receive, texts, lifetime, page } = open();
  receive([row(1, "live")], true);
  table.draw(page, new AbortController().signal);
  assert.equal(texts().length, 2);
  lifetime.abort();
  receive([row(1, "finished")]);
  assert.deepEqual(
    texts().map(([, state]) => state),
    ["live", "finished"],
  );
});

test("without its kernel the table is frozen, once, and nothing in it can be pressed", () => {
  const { kernel, frozen, receive, button } = open();
  receive([row(1, "live")], true);
  mock.timers.tick(10_000);
  assert.equal(frozen.length, 0);
  kernel.isGone = true;
  mock.timers.tick(10_000);
  assert.equal(frozen.length, 1);
  assert.match(frozen[0]!.querySelector("table")!.textContent!, /stream 1/);
  assert.equal(button("Cancel stream 1").disabled, true);
  assert.equal(button("Cancel all").disabled, true);
});

test("a table that is removed is not frozen", () => {
  const { kernel, frozen, lifetime } = open();
  lifetime.abort();
  kernel.isGone = true;
  mock.timers.tick(10_000);
  assert.equal(frozen.length, 0);
});

test("a name that deceives is written by name", () => {
  const { receive, texts } = open();
  receive([{ ...row(1, "live"), name: "a\u202eb" }], true);
  assert.equal(texts()[0]![0], "a\\u202eb");
});

// Sources and notices: what is kept, where they stand, and which addresses may be links.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CitationsPayload, isAddress } from "../src/blocks/citations.ts";
import { getRank, newBlock } from "../src/blocks/index.ts";
import { describeLosses } from "../src/ui/format.ts";

test("sources grow, and what came past the limit is counted", () => {
  const block = newBlock("citations");
  block.apply({ add: [["A", "https://a.example/", "quoted"]] });
  block.apply({ add: [["B", "", ""]], more: 2 });
  const state: CitationsPayload = {
    add: [
      ["A", "https://a.example/", "quoted"],
      ["B", "", ""],
    ],
    more: 2,
  };
  assert.deepEqual(block.state(), state);
  const late = newBlock("citations");
  late.apply(state);
  assert.deepEqual(late.state(), state);
});

test("only addresses of the web become links", () => {
  for (const url of ["https://a.example/x?y#z", "HTTP://a.example"]) assert.ok(isAddress(url), url);
  for (const url of [
    "",
    "javascript:alert(1)",
    " https://a.example",
    "data:text/html,x",
    "//a.example",
    "https:a.example",
    "https://a.example/\njavascript:alert(1)",
    'https://a.example/" onclick="x',
  ]) {
    assert.ok(!isAddress(url), url);
  }
});

test("a notice says why an answer stopped", () => {
  const block = newBlock("notice");
  block.apply({ message: "The model declined to answer." });
  assert.deepEqual(block.state(), { message: "The model declined to answer." });
});

test("sources stand below the answer, and what it used below them", () => {
  const places = ["text", "notice", "citations", "usage"].map((kind) => getRank(newBlock(kind)));
  assert.deepEqual(places, [-1, -1, 0, 1]);
});

test("breaks are shown with what is known of their losses", () => {
  assert.deepEqual(describeLosses(0), []);
  assert.deepEqual(describeLosses(2), ["reconnected 2×"]);
  assert.deepEqual(describeLosses(2, true), ["reconnected 2×, 0 lost"]);
  assert.deepEqual(describeLosses(1, false, 1200), ["reconnected 1×", "gap: at least 1,200 lost"]);
  assert.deepEqual(describeLosses(0, false, 0), ["gap: some events lost"]);
});

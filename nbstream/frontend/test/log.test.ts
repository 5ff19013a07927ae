// Which lines are shown, which are found, and where in them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { padLevel, splitFound } from "../src/lists/log_line.ts";
import { getSeverity, type LogEntry, LogLines } from "../src/lists/log_lines.ts";

const LOG: LogEntry[] = [
  ["debug", "a (needle)"],
  ["info", "hay"],
  ["warn", "\x1b[31mNee\x1b[0mdle"],
  ["notice", "needle needle"],
  ["error", "broken"],
  ["error", "needle", 1],
];

const of = (entries: LogEntry[], first = 0) => {
  const lines = new LogLines();
  lines.update(entries, first);
  return lines;
};

test("a level shows itself and what is worse; an unknown one is info", () => {
  const lines = of(LOG);
  assert.deepEqual(lines.shown, [0, 1, 2, 3, 4, 5]);
  lines.filter("info");
  assert.deepEqual(lines.shown, [1, 2, 3, 4, 5]);
  lines.filter("warning");
  assert.deepEqual(lines.shown, [2, 4, 5]);
  lines.filter("error");
  assert.deepEqual(lines.shown, [4, 5]);
  assert.equal(getSeverity("constructor"), 1);
});

test("search looks through colours, case and the filter, and takes text as text", () => {
  const lines = of(LOG);
  lines.search("needle");
  assert.deepEqual(lines.found, [0, 2, 3, 5]);
  lines.filter("warning");
  assert.deepEqual(lines.found, [2, 5]);
  lines.filter("all");
  lines.search("(needle)");
  assert.deepEqual(lines.found, [0]);
  lines.search("");
  assert.deepEqual(lines.found, []);
});

test("lines that come are filtered and searched; those that go take their finds along", () => {
  const lines = of(LOG.slice(0, 3));
  lines.search("needle");
  lines.filter("info");
  assert.equal(lines.update(LOG.slice(2), 2), 3);
  assert.deepEqual(lines.shown, [2, 3, 4, 5]);
  assert.deepEqual(lines.found, [2, 3, 5]);
  assert.equal(lines.text(2), "Needle");
  // So many at once that none of those before is left.
  assert.equal(lines.update([["info", "last"]], 90), 1);
  assert.deepEqual([lines.shown, lines.found], [[90], []]);
});

test("what is found is marked across colours", () => {
  const lines = of(LOG);
  lines.search("needle");
  assert.deepEqual(lines.findIn("needle Needle"), [
    [0, 6],
    [7, 13],
  ]);
  const pieces = splitFound(
    [
      { text: "a nee", css: "x" },
      { text: "dle b", css: "" },
    ],
    [[2, 8]],
  );
  assert.deepEqual(
    pieces.map(({ text, css, found }) => [text, css, found]),
    [
      ["a ", "x", false],
      ["nee", "x", true],
      ["dle", "", true],
      [" b", "", false],
    ],
  );
});

test("labels are as wide as each other", () => {
  assert.equal(padLevel(["info", ""]), "INFO    ");
  assert.equal(padLevel(["info", "", 1]), "        ");
  assert.equal(padLevel(["critical", ""]), "CRITICAL ");
});

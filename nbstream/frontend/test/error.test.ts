// A failure is shown as one; a lost connection by its cause, with the time of day.
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeLoss } from "../src/blocks/error.ts";

const at = new Date(2026, 10, 27, 18, 51);
const clock = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

test("a server that has gone: since when, and up to where all is kept", () => {
  const [kind, heading, words] = describeLoss(
    ["The server has gone", 1234, at.getTime() / 1000],
    "It was refused.",
  );
  assert.equal(kind, "nbs-lost");
  assert.equal(heading, `The server has gone since ${clock}`);
  assert.equal(words, "all up to event 1,234 is kept. It was refused.");
});

test("a connection that broke off: when", () => {
  const [, heading] = describeLoss(["The connection broke off", 2, at.getTime() / 1000], "");
  assert.equal(heading, `The connection broke off at ${clock}`);
});

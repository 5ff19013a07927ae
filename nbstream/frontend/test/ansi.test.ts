// The same cases as the kernel's tests read.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseSpans, stripAnsi } from "../src/ui/ansi.ts";

type Case = [name: string, line: string, spans: [string, string][]];
const file = new URL("../../../tests/cases/ansi.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];

for (const [name, line, expected] of cases) {
  test(`colours: ${name}`, () => {
    assert.deepEqual(
      parseSpans(line).map(({ text, css }) => [text, css]),
      expected,
    );
    assert.equal(stripAnsi(line), expected.map(([text]) => text).join(""));
  });
}

test("an escape that is cut or unknown is not obeyed", () => {
  for (const line of ["a\x1b", "a\x1b[3", "\x1b[2Ja", "\x9b31ma", "\x1b]0;a\x07"]) {
    const text = parseSpans(line)
      .map((span) => span.text)
      .join("");
    assert.equal(text, stripAnsi(line));
    assert.doesNotMatch(text, /[\x00-\x08\x0a-\x1f\x7f-\x9f\u202e]/);
  }
});

test("what turns a line around is shown by name, and copied as it came", () => {
  assert.deepEqual(parseSpans("gpj.\u202eexe"), [{ text: "gpj.\\u202eexe", css: "" }]);
  assert.equal(stripAnsi("\x1b[1mgpj.\u202eexe"), "gpj.\u202eexe");
});

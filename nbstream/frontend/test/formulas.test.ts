// The same cases as the kernel's tests read.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MAX_CHARACTERS, prepareFormula } from "../src/markdown/formulas.ts";
import { renderMarkdown } from "../src/markdown/grammar.ts";

interface Cases {
  typeset: string[];
  rewritten: [formula: string, prepared: string][];
  source: string[];
  texts: [text: string, typeset: string[], source: string[]][];
}
const file = new URL("../../../tests/cases/formulas.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as Cases;

test("real formulas are typeset as written", () => {
  for (const formula of cases.typeset) assert.equal(prepareFormula(formula), formula);
});

test("numbers and names become words", () => {
  for (const [formula, prepared] of cases.rewritten) assert.equal(prepareFormula(formula), prepared);
});

test("all else stays source", () => {
  for (const formula of cases.source) assert.equal(prepareFormula(formula), undefined, formula);
});

test("formulas are found in a text", () => {
  for (const [text, typeset, source] of cases.texts) {
    const html = renderMarkdown(text, Object.create(null));
    assert.deepEqual(found(html, /<\w+ class="nbs-math[^"]*">(.*?)<\//gs), typeset);
    assert.deepEqual(found(html, /<code class="nbs-tex">(.*?)<\/code>/gs), source);
  }
});

function found(html: string, pattern: RegExp): string[] {
  return Array.from(html.matchAll(pattern), ([, words]) =>
    words!.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
  );
}

test("a formula has a length it may have", () => {
  const longest = `$${"x".repeat(MAX_CHARACTERS - 2)}$`;
  assert.equal(prepareFormula(longest), longest);
  assert.equal(prepareFormula(`$x${longest.slice(1)}`), undefined);
});

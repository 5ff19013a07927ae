import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { escapeInvisible, escapeInvisibleInCode, hasInvisible } from "../src/ui/invisible_characters.ts";

const CASES = JSON.parse(
  readFileSync(new URL("../../../tests/cases/invisible_characters.json", import.meta.url), "utf8"),
) as [string, string, string, string][];

for (const [what, text, words, code] of CASES) {
  test(`by name, as in the kernel: ${what}`, () => {
    assert.equal(escapeInvisible(text), words);
    assert.equal(escapeInvisibleInCode(text), code);
    assert.equal(escapeInvisible(words), words);
    assert.equal(hasInvisible(text) || code === text, true);
  });
}

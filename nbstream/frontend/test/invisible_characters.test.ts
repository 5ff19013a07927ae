import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hasUnseen, visible, visibleCode } from "../src/ui/invisible_characters.ts";

const CASES = JSON.parse(
  readFileSync(new URL("../../../tests/visible_cases.json", import.meta.url), "utf8"),
) as [string, string, string, string][];

for (const [what, text, words, code] of CASES) {
  test(`by name, as in the kernel: ${what}`, () => {
    assert.equal(visible(text), words);
    assert.equal(visibleCode(text), code);
    assert.equal(visible(words), words);
    assert.equal(hasUnseen(text) || code === text, true);
  });
}

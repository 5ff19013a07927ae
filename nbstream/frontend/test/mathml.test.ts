// Formulas in hosts without a typesetter: MathML, made by a module that is loaded when needed.
import "./dom.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LazyModule } from "../src/lazy_module.ts";
import * as converter from "../src/mathml.ts";

const file = new URL("../../../tests/cases/formulas.json", import.meta.url);
const { typeset } = JSON.parse(readFileSync(file, "utf8")) as { typeset: string[] };

/** Convert a formula in its delimiters; undefined if the converter does not know it. */
function convert(formula: string): string | undefined {
  const width = formula.startsWith("$") && !formula.startsWith("$$") ? 1 : 2;
  try {
    return converter.convert(formula.slice(width, -width), width === 2);
  } catch {
    return undefined;
  }
}

test("every formula that a typesetter may see has its MathML", () => {
  assert.equal(convert("$a^2$"), "<math><msup><mi>a</mi><mn>2</mn></msup></math>");
  assert.match(convert("$$a^2$$")!, /^<math display="block"/);
  assert.deepEqual(
    typeset.filter((formula) => convert(formula) === undefined),
    [],
  );
});

test("commands that could link, load or style are not understood", () => {
  for (const command of [
    String.raw`\href{javascript:alert(1)}{x}`,
    String.raw`\url{http://x/}`,
    String.raw`\includegraphics{http://x/}`,
    String.raw`\style{position:fixed}{x}`,
    String.raw`\class{x}{y}`,
  ]) {
    assert.doesNotMatch(convert(`$${command}$`) ?? "", /href|src|position|class="x/, command);
  }
});

test("the module is requested once, by a panel that is there, and loaded", async () => {
  const sent: string[] = [];
  const module = new LazyModule(async (code) => code.length);
  const gone = new AbortController();
  module.connect(() => sent.push("first"), gone.signal);
  const [a, b] = [module.get(), module.get()];
  assert.deepEqual(sent, ["first"]);
  gone.abort(); // before the kernel has answered
  module.connect(() => sent.push("second"), new AbortController().signal);
  assert.deepEqual(sent, ["first", "second"]);
  assert.equal(module.receive({ type: "pong" }), false);
  assert.equal(module.receive({ type: "module", code: "code" }), true);
  assert.deepEqual([await a, await b], [4, 4]);
  module.connect(() => sent.push("third"), new AbortController().signal);
  assert.equal(sent.length, 2);
});

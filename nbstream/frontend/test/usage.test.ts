// Usage and reasoning: merged, and formatted as text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newBlock } from "../src/blocks/index.ts";
import { describeUsage } from "../src/blocks/usage.ts";

test("usage is merged: later figures count, and missing ones keep their value", () => {
  const usage = newBlock("usage");
  usage.apply({ input_tokens: 20, output_tokens: 1 });
  usage.apply({ output_tokens: 300, first: 0.42, streamed: 3 });
  assert.deepEqual(usage.state(), { input_tokens: 20, output_tokens: 300, first: 0.42, streamed: 3 });
});

test("usage in words", () => {
  assert.deepEqual(
    describeUsage({
      input_tokens: 1204,
      cached_tokens: 1000,
      output_tokens: 300,
      reasoning_tokens: 0,
      first: 0.424,
      streamed: 3,
    }),
    ["1,204 tokens in (1,000 cached)", "300 tokens out", "100 tokens/s", "first token after 0.42 s"],
  );
});

test("what is not known is not said", () => {
  assert.deepEqual(describeUsage({ output_tokens: 5 }), ["5 tokens out"]);
  assert.deepEqual(describeUsage({ output_tokens: 1, estimated: true }), ["≈ 1 token out"]);
  assert.deepEqual(describeUsage({ output_tokens: 5, first: 75, streamed: 0.01 }), [
    "5 tokens out",
    "first token after 1:15",
  ]);
});

test("reasoning keeps its time, and is closed by what follows", () => {
  const reasoning = newBlock("reasoning");
  reasoning.apply({ text: "let me ", elapsed: 0 });
  reasoning.apply({ text: "see", elapsed: 1.5 });
  reasoning.apply({ text: "", closed: true });
  const state = { text: "let me see", dropped: 0, elapsed: 1.5, closed: true } as const;
  assert.deepEqual(reasoning.state(), state);
  const late = newBlock("reasoning");
  late.apply(state);
  assert.deepEqual(late.state(), state);
});

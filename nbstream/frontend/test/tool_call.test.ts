// Arguments of a call, laid out while they arrive.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newBlock } from "../src/blocks/index.ts";
import { formatPartialJson } from "../src/ui/partial_json.ts";

const values = [
  { city: "Oslo", days: [1, 2.5, -3e10], deep: { yes: true, no: null }, none: {}, empty: [] },
  [],
  { 'quoted " and \\ and {,:}': "line\nend" },
  [[1], [{ a: [] }]],
];

test("complete JSON is laid out as usual", () => {
  for (const value of values) {
    assert.equal(formatPartialJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
    assert.equal(formatPartialJson(JSON.stringify(value, null, 7)), JSON.stringify(value, null, 2));
  }
});

test("half of it is laid out as the beginning of the whole", () => {
  for (const value of values) {
    const text = JSON.stringify(value);
    const whole = JSON.stringify(value, null, 2);
    for (let end = 1; end < text.length; end++) {
      const half = formatPartialJson(text.slice(0, end)).trimEnd();
      assert.ok(whole.startsWith(half), `${text.slice(0, end)} gave ${half}`);
    }
  }
});

test("every character is kept as it was sent", () => {
  assert.equal(
    formatPartialJson('{"id":12345678901234567890,"a":1.10,"a":1e400'),
    '{\n  "id": 12345678901234567890,\n  "a": 1.10,\n  "a": 1e400',
  );
});

test("what is not JSON is left as it is", () => {
  for (const text of ["", "plain words", "{not json}", "[1}", '{"a":1} and more', "{'a': 1}", "42"]) {
    assert.equal(formatPartialJson(text), text);
  }
});

test("a long string costs no stack", () => {
  const long = `{"text":"${'x\\"'.repeat(300_000)}`;
  assert.equal(formatPartialJson(long).length, long.length + 4);
});

test("a call keeps its name, and its arguments grow", () => {
  const call = newBlock("tool_call");
  call.apply({ text: "", id: "a", name: "weather" });
  call.apply({ text: '{"city":' });
  call.apply({ text: '"Oslo"}', drop: 1, dropped: 1 });
  const state = { text: '"city":"Oslo"}', dropped: 1, id: "a", name: "weather" };
  assert.deepEqual(call.state(), state);
  const late = newBlock("tool_call");
  late.apply(state);
  assert.deepEqual(late.state(), state);
});

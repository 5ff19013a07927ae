// What both languages show in the same words: the same cases as in tests/test_twins.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Bar, describeBar, nestNames, roundDownPercent } from "../src/blocks/progress.ts";
import { collectSeries, groupOf, type Point } from "../src/charts/series.ts";
import { escapeHtml, highlightCode, readLanguage } from "../src/markdown/code.ts";
import { formatCount, formatDuration, formatNumber, formatValue } from "../src/ui/format.ts";
import { fromWire, parseJson } from "../src/wire.ts";

function casesOf<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../tests/cases/${name}.json`, import.meta.url), "utf8")) as T;
}

interface Numbers {
  figures: [value: number | "nan" | "inf" | "-inf", shown: string][];
  durations: [seconds: number, shown: string][];
  counts: [value: number, one: string, shown: string][];
  values: [json: string, shown: string][];
}
const numbers = casesOf<Numbers>("numbers");

test("figures", () => {
  const named = { nan: NaN, inf: Infinity, "-inf": -Infinity };
  for (const [value, shown] of numbers.figures) {
    assert.equal(formatNumber(typeof value === "string" ? named[value] : value), shown);
  }
});

test("durations", () => {
  for (const [seconds, shown] of numbers.durations) assert.equal(formatDuration(seconds), shown);
});

test("counts", () => {
  for (const [value, one, shown] of numbers.counts) assert.equal(formatCount(value, one), shown);
});

test("values in rows", () => {
  for (const [json, shown] of numbers.values) {
    if (/NaN|Infinity|1e400/.test(json)) continue; // no JSON; see the next test
    assert.equal(formatValue(parseJson(json)), shown);
  }
});

test("values as the kernel sends them", () => {
  for (const [wire, shown] of [
    [{ $number: "nan" }, "nan"],
    [[{ $number: "-inf" }, { $number: "12345678901234567890" }], "[-inf, 12345678901234567890]"],
    [{ $number: { $number: "5" } }, '{"$number": "5"}'],
    [{ $number: { $number: { $number: { $number: 1 } } } }, '{"$number": {"$number": 1}}'],
    [{ $number: "5", more: 1 }, '{"$number": "5", "more": 1}'],
  ]) {
    assert.equal(formatValue(fromWire(wire)), shown);
  }
  const plain = { a: [1, { b: null }] };
  assert.equal(fromWire(plain), plain);
});

interface Progress {
  bars: { name: string; bar: Omit<Bar, "elapsed">; drawn: number | null; words: string[] }[];
  trees: [names: string[], tree: [name: string, depth: number, label: string][]][];
}
const progress = casesOf<Progress>("progress");

for (const { name, bar, drawn, words } of progress.bars) {
  test(`a bar: ${name}`, () => {
    assert.equal(describeBar({ ...bar, elapsed: 0 }), words.join(" · "));
    assert.equal(roundDownPercent({ ...bar, elapsed: 0 }, 1) ?? null, drawn);
  });
}

test("trees of bars", () => {
  for (const [names, tree] of progress.trees) {
    assert.deepEqual(
      nestNames(names).map(({ name, depth, label }) => [name, depth, label]),
      tree,
    );
  }
});

interface Charts {
  groups: [name: string, group: string][];
  lines: [
    points: [value: number | string, step: number | null][],
    line: [x: number, y: number | null][],
    gaps: number,
  ][];
}
const charts = casesOf<Charts>("charts");

test("groups of charts", () => {
  for (const [name, group] of charts.groups) assert.equal(groupOf(name), group);
});

test("lines of charts", () => {
  for (const [points, line, gaps] of charts.lines) {
    const [series] = collectSeries(points.map(([value, step]): Point => ["a", step, value]));
    assert.deepEqual(
      series!.xs.map((x, i) => [x, series!.ys[i]]),
      line,
    );
    assert.equal(series!.gaps, gaps);
  }
});

interface Languages {
  named: [info: string, language: string][];
  coloured: [names: string, code: string][];
  plain: string[];
}
const languages = casesOf<Languages>("languages");

test("names of languages", () => {
  for (const [info, language] of languages.named) assert.equal(readLanguage(info), language);
});

test("languages with colours, and without", () => {
  for (const [names, code] of languages.coloured) {
    for (const name of names.split(" ")) assert.match(highlightCode(code, name), /<span/, name);
  }
  const code = "if a: return 'b' # c";
  for (const name of languages.plain) assert.equal(highlightCode(code, name), escapeHtml(code), name);
});

// The rate of a stream, for a page that may have joined late or been hidden.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RateMeter } from "../src/rate_meter.ts";

/** Record ten events a second, a message for each, and return what is measured after each. */
function follow(meter: RateMeter, from: number, to: number, offset = 0): number[] {
  const rates: number[] = [];
  for (let at = from; at <= to; at += 100) {
    meter.record(offset + at / 100, at);
    rates.push(meter.measure(at));
  }
  return rates;
}

test("a page that joins late knows no rate at first, and then the right one", () => {
  const rates = follow(new RateMeter(), 0, 5000, 1580);
  assert.deepEqual(rates.slice(0, 10), Array(10).fill(0));
  for (const rate of rates.slice(10)) assert.equal(Math.round(rate), 10);
});

test("what a hidden page has missed is not the rate of the moment it is shown", () => {
  const meter = new RateMeter();
  follow(meter, 0, 5000);
  // Nothing is received for a minute, while the page's timer goes on.
  for (let at = 5000; at < 65_000; at += 1000) meter.measure(at);
  for (const rate of follow(meter, 65_000, 70_000)) assert.equal(Math.round(rate), 10);
});

test("the rate falls to zero when nothing more is received", () => {
  const meter = new RateMeter();
  follow(meter, 0, 3000);
  assert.ok(meter.measure(4000) < 10);
  assert.equal(meter.measure(5100), 0);
});

test("messages without new events do not shorten the window", () => {
  const meter = new RateMeter();
  meter.record(1, 0);
  for (let at = 0; at <= 10_000; at += 500) meter.record(1, at);
  meter.record(101, 10_000);
  assert.equal(meter.measure(10_000), 10);
});

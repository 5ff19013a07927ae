// Messages of many panels in one, in both directions.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { BatchReceiver, BatchSender } from "../src/batching.ts";
import type { HostModel } from "../src/protocol.ts";
import { Page, settle } from "./page.ts";

let now = 0;
mock.timers.enable({ apis: ["setTimeout"] });
mock.method(performance, "now", () => now);
const pass = (ms: number) => {
  now += ms;
  mock.timers.tick(ms);
};

test("acknowledgements of several panels are sent as one, with the time that they waited", () => {
  const host = new Page().model({});
  const sender = new BatchSender(host as unknown as HostModel);
  const ack = (seq: number) => ({ type: "ack", seq, held: 1 });
  sender.send("a", ack(1));
  pass(50);
  sender.send("b", ack(2));
  assert.deepEqual(host.sent, []);
  pass(50);
  assert.deepEqual(host.sent, [
    {
      messages: [
        { type: "ack", seq: 1, held: 1.1, panel: "a" },
        { type: "ack", seq: 2, held: 1.05, panel: "b" },
      ],
    },
  ]);
  sender.send("a", ack(3));
  pass(100);
  assert.equal(host.sent.length, 2, "the next batch begins with the next acknowledgement");
  pass(1000);
  assert.equal(host.sent.length, 2);
});

test("what the reader asks for does not wait", () => {
  const host = new Page().model({});
  const sender = new BatchSender(host as unknown as HostModel);
  sender.send("a", { type: "ack" });
  sender.send("a", { type: "cancel" });
  assert.deepEqual(host.sent, [{ type: "cancel", panel: "a" }]);
});

test("each message of a batch reaches its panel; one for a closed panel does no harm", async () => {
  const page = new Page();
  const received: unknown[] = [];
  for (const key of ["a", "b"]) {
    const keep = (message: object) => received.push([key, message]);
    page.model({ key }).on("msg:custom", keep);
  }
  const receiver = new BatchReceiver(page.model({}).asModel);
  receiver.receive({
    type: "batch",
    messages: [
      ["closed", { seq: 0 }],
      ["a", { seq: 1 }],
      ["b", { seq: 2 }],
      ["a", { seq: 3 }],
    ],
  });
  await settle();
  assert.deepEqual(received, [
    ["a", { seq: 1 }],
    ["b", { seq: 2 }],
    ["a", { seq: 3 }],
  ]);
});

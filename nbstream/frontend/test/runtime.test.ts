// What the runtime knows of panels: as long as they are open, and no longer.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import "./css.ts";
import { type HostModel, PROTOCOL, type Runtime } from "../src/protocol.ts";
import { getSlot } from "../src/runtime_slot.ts";
import { Page, type PageModel } from "./page.ts";

mock.timers.enable({ apis: ["setTimeout"] });
const due = new Set<number>();
Object.assign(globalThis, {
  requestAnimationFrame: () => {
    due.add(due.size + 1);
    return due.size;
  },
  cancelAnimationFrame: (frame: number) => due.delete(frame),
});

const { default: runtime } = await import("../src/runtime.ts");

let number = 0;

/** A page whose runtime has loaded. */
async function open(): Promise<{
  page: Page;
  host: PageModel;
  drawing: Runtime;
  panel: (key?: string) => PageModel;
}> {
  const page = new Page();
  const slot = `slot ${++number}`;
  const host = page.model({ slot });
  runtime.initialize({ model: host.asModel });
  page.runtime = Promise.resolve(host as unknown as HostModel);
  const fixed = { view: "stream", title: "t", state: "live", protocol: PROTOCOL };
  const values = { runtime: `IPY_MODEL_r${number}`, slot, ...fixed };
  const panel = (key = "p") => page.model({ ...values, key });
  return { page, host, drawing: await getSlot(host.asModel).runtime, panel };
}

const head = { state: "live", reason: "", events: 1, bytes: 1, reconnects: 0, elapsed: 1, quiet: 0 };
const frame = { type: "frame", since: 0, seq: 1, patches: [[0, "text", { text: "a" }]], head };

test("a closed panel leaves no listener, frame or timer", async () => {
  const { host, drawing, panel } = await open();
  const model = panel();
  const lifetime = new AbortController();
  await drawing.initialize({ model: model.asModel, signal: lifetime.signal, early: [] });
  assert.deepEqual(host.sent, [{ type: "sync", replaces: false, panel: "p" }]);
  model.receive(frame);
  assert.equal(due.size, 1);
  lifetime.abort();
  assert.deepEqual([model.listeners, host.listeners, due.size], [0, 0, 0]);
  mock.timers.tick(60_000);
  assert.equal(host.sent.length, 1);
});

test("a panel that is closed while the runtime's model is asked for leaves nothing", async () => {
  const { page, host, drawing, panel } = await open();
  let found!: (host: HostModel) => void;
  page.runtime = new Promise((resolve) => (found = resolve));
  const model = panel();
  const lifetime = new AbortController();
  const done = drawing.initialize({ model: model.asModel, signal: lifetime.signal, early: [] });
  lifetime.abort();
  found(host as unknown as HostModel);
  await done;
  assert.deepEqual([model.listeners, host.listeners, host.sent.length], [0, 0, 0]);
  // Nor is it known any more: the same key again is a new panel.
  const before = page.asked;
  await drawing.initialize({ model: panel().asModel, signal: new AbortController().signal, early: [] });
  assert.ok(page.asked > before);
});

test("what could not be had is asked for again", async () => {
  const { page, host, drawing, panel } = await open();
  page.runtime = new Error("the line broke");
  const model = panel();
  const { signal } = new AbortController();
  await assert.rejects(drawing.initialize({ model: model.asModel, signal, early: [] }), /the line broke/);
  page.runtime = Promise.resolve(host as unknown as HostModel);
  await drawing.initialize({ model: model.asModel, signal, early: [] });
  assert.equal(host.sent.length, 1);
});

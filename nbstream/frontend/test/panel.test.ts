// A panel's module finds the runtime: at once, late, never, at the second try, or too late.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import panel from "../src/panel.ts";
import type { HostModel, Initialize, Render, Runtime } from "../src/protocol.ts";
import { getSlot } from "../src/runtime_slot.ts";
import { Page, PageElement, settle } from "./page.ts";

mock.timers.enable({ apis: ["setTimeout"] });
mock.method(console, "error", () => {});

let number = 0;
let page: Page;
/** What the runtime was given. */
let initialized: Initialize[];
let rendered: Render[];
beforeEach(() => {
  page = new Page();
  initialized = [];
  rendered = [];
  number += 1;
});

const newPanel = () => page.model({ runtime: "IPY_MODEL_r", key: `key ${number}`, slot: `slot ${number}` });

/** The runtime's model is there, and its module loads. */
function runtimeComes(): void {
  page.runtime = Promise.resolve({} as HostModel);
  const runtime: Runtime = {
    initialize: async (given) => {
      initialized.push({ ...given, early: [...given.early] });
    },
    render: async (given) => void rendered.push(given),
  };
  getSlot(newPanel().asModel).provide(runtime);
}

test("it hands over what came before the runtime did, and then keeps nothing", async () => {
  const model = newPanel();
  page.runtime = Promise.resolve({} as HostModel);
  panel.initialize({ model: model.asModel });
  model.receive({ type: "frame", seq: 1 });
  await settle();
  assert.equal(initialized.length, 0);
  runtimeComes();
  await settle();
  assert.deepEqual(initialized[0]!.early, [{ type: "frame", seq: 1 }]);
  assert.equal(model.listeners, 0);
});

test("a runtime that never comes is waited for in bounded memory, and the reader sees why", async () => {
  const model = newPanel();
  page.runtime = Promise.resolve({} as HostModel);
  panel.initialize({ model: model.asModel });
  const el = new PageElement();
  panel.render({ model: model.asModel, el: el.asElement });
  for (let seq = 0; seq < 10_000; seq++) model.receive({ seq });
  await settle();
  assert.equal(el.textContent, "");
  mock.timers.tick(15_000);
  assert.match(el.textContent, /^The panel's code could not be loaded: it has not come yet\./);
  runtimeComes();
  await settle();
  assert.equal(el.textContent, "", "it came after all");
  assert.equal(rendered.length, 1);
  const { early } = initialized[0]!;
  assert.ok(early.length < 1000, `${early.length} messages`);
  assert.deepEqual(early.slice(0, 2), [{ seq: 0 }, { seq: 1 }], "what is left out is at the end");
});

test("where it cannot be had, the panel says why, and the next drawing tries again", async () => {
  const model = newPanel();
  page.runtime = new Error("widget model not found");
  panel.initialize({ model: model.asModel });
  const el = new PageElement();
  panel.render({ model: model.asModel, el: el.asElement });
  await settle();
  assert.match(el.textContent, /could not be loaded: widget model not found\. The stream runs/);
  assert.equal(model.listeners, 0, "nothing is kept for a runtime that is not there");
  runtimeComes();
  const again = new PageElement();
  panel.render({ model: model.asModel, el: again.asElement });
  await settle();
  assert.equal(again.textContent, "");
  assert.equal(initialized.length, 1);
  assert.equal(rendered.length, 1);
});

test("a panel that is closed while the runtime loads is not handed over", async () => {
  const model = newPanel();
  page.runtime = Promise.resolve({} as HostModel);
  const close = panel.initialize({ model: model.asModel });
  const el = new PageElement();
  const remove = panel.render({ model: model.asModel, el: el.asElement });
  await settle();
  remove();
  close();
  assert.equal(model.listeners, 0);
  runtimeComes();
  await settle();
  assert.deepEqual([initialized.length, rendered.length], [0, 0]);
  mock.timers.tick(60_000);
  assert.equal(el.textContent, "");
});

test("several views of a panel are drawn by one runtime, and a removed one is left empty", async () => {
  const model = newPanel();
  runtimeComes();
  panel.initialize({ model: model.asModel });
  const [one, other] = [new PageElement(), new PageElement()];
  const remove = panel.render({ model: model.asModel, el: one.asElement });
  panel.render({ model: model.asModel, el: other.asElement });
  await settle();
  assert.deepEqual(
    rendered.map(({ el }) => el),
    [one.asElement, other.asElement],
  );
  assert.equal(initialized.length, 1);
  one.textContent = other.textContent = "drawn";
  remove();
  assert.deepEqual([one.textContent, other.textContent], ["", "drawn"]);
  assert.deepEqual(
    rendered.map(({ signal }) => signal.aborted),
    [true, false],
  );
});

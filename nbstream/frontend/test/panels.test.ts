// The panels that the runtime draws: a stream, several side by side, one without its kernel.
import "./dom.ts";
import "./css.ts";
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { type HostModel, type Patch, PROTOCOL, type Runtime } from "../src/protocol.ts";
import { getSlot } from "../src/runtime_slot.ts";
import { fillPage, press } from "./dom.ts";
import { type Output, Page, type PageModel, settle } from "./page.ts";

const WIDGET = "application/vnd.jupyter.widget-view+json";

let now = 0;
let frames: (() => void)[] = [];
mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
mock.method(performance, "now", () => now);
Object.assign(globalThis, {
  requestAnimationFrame: (draw: () => void) => frames.push(draw),
  cancelAnimationFrame: () => {
    frames = [];
  },
});
const pass = (ms: number) => {
  for (let left = ms; left > 0; left -= 100) {
    now += 100;
    mock.timers.tick(100);
  }
};
const drawFrame = () => {
  for (const draw of frames.splice(0)) draw();
};

const { default: module } = await import("../src/runtime.ts");

let number = 0;

/** A page in whose notebook the panels of these keys are shown, with the runtime loaded. */
async function open(...keys: string[]) {
  const page = new Page();
  const slot = `panels ${++number}`;
  const host = page.model({ slot });
  page.runtime = Promise.resolve(host as unknown as HostModel);
  module.initialize({ model: host.asModel });
  const runtime: Runtime = await getSlot(host.asModel).runtime;
  const outputs: Output[] = keys.map((key) => ({ data: { [WIDGET]: { model_id: key } } }));
  page.openNotebook(outputs);
  const fixed = { view: "stream", title: "a title", state: "live", protocol: PROTOCOL };
  const values = { runtime: `IPY_MODEL_r${number}`, slot, ...fixed };
  /** Connect a panel, without drawing it. */
  const connect = async (key: string, more: object = {}) => {
    const model = page.model({ ...values, key, ...more });
    await runtime.initialize({ model: model.asModel, signal: new AbortController().signal, early: [] });
    return model;
  };
  const draw = async (model: PageModel) => {
    const el = fillPage();
    await runtime.render({ model: model.asModel, el, signal: new AbortController().signal });
    await settle();
    return el;
  };
  /** The messages of one panel, other than those that keep the stream going. */
  const sentBy = (panel: string) => {
    const quiet = ["sync", "ping", "drawn"];
    return (host.sent as { type: string; panel: string }[]).filter((message) => {
      return message.panel === panel && !quiet.includes(message.type);
    });
  };
  return { page, host, outputs, connect, draw, sentBy };
}

const head = { state: "live", reason: "", events: 1, bytes: 1, reconnects: 0, elapsed: 1, quiet: 0 };
const frame = (seq: number, patches: Patch[], more: object = {}) => {
  return { type: "frame", since: seq - 1, seq, patches, head: { ...head, ...more } };
};
const notice = (message: string): Patch => [0, "notice", { message }];
const textOf = (el: HTMLElement, selector: string) => el.querySelector(selector)?.textContent;

test("a stream shows its content, its state and its figures, and is drawn once a frame", async () => {
  const { connect, draw } = await open();
  const model = await connect("p");
  const el = await draw(model);
  pass(1000);
  assert.equal(textOf(el, ".nbs-figures"), "", "the kernel has sent none");
  model.receive(frame(1, [notice("first")]));
  model.receive(frame(2, [notice("second")]));
  assert.equal(textOf(el, ".nbs-content"), "");
  drawFrame();
  assert.equal(textOf(el, ".nbs-content"), "second");
  assert.equal(textOf(el, ".nbs-state"), "Live");
  assert.equal(textOf(el, ".nbs-figures"), "1.0 s · 1 event");
  model.receive(frame(3, [], { state: "reconnecting", reason: "refused", reconnects: 1, retry_in: 5 }));
  drawFrame();
  assert.equal(textOf(el, ".nbs-state"), "Reconnecting: refused");
  assert.match(textOf(el, ".nbs-figures")!, /^trying again in 5 s · .* · reconnected 1×$/);
});

test("a page that joins a running stream shows its rate, not that of its first message", async () => {
  const { connect, draw } = await open();
  const model = await connect("p");
  const el = await draw(model);
  for (let seq = 1; seq <= 20; seq++) {
    model.receive(frame(seq, [], { events: 1580 + seq, elapsed: 158 }));
    drawFrame();
    assert.match(textOf(el, ".nbs-figures")!, seq < 11 ? / events$/ : / events · 10\/s$/);
    pass(100);
  }
});

test("Escape cancels once, and the panel shows so until the stream has ended", async () => {
  const { connect, draw, sentBy } = await open();
  const model = await connect("p");
  const el = await draw(model);
  const panel = el.querySelector<HTMLElement>(".nbs-panel")!;
  press(panel, "Escape");
  assert.deepEqual(sentBy("p"), [{ type: "cancel", panel: "p" }]);
  model.receive(frame(1, []));
  drawFrame();
  assert.equal(textOf(el, ".nbs-state"), "Cancelling");
  model.receive(frame(2, [], { state: "cancelled" }));
  drawFrame();
  assert.equal(textOf(el, ".nbs-state"), "Cancelled");
  assert.equal(el.querySelector(".nbs-cancel"), null);
  press(panel, "Escape");
  assert.equal(sentBy("p").length, 1);
});

test("a panel whose cancel does not arrive says what holds it up, and what to do", async () => {
  const held = "Cancelling after the running cell; interrupt it to cancel now";
  const { connect, draw } = await open();
  const model = await connect("p");
  const el = await draw(model);
  press(el.querySelector<HTMLElement>(".nbs-panel")!, "Escape");
  pass(300);
  assert.equal(textOf(el, ".nbs-state"), "Cancelling");
  pass(1000);
  assert.equal(textOf(el, ".nbs-state"), held);
  model.receive(frame(1, [])); // of a stream in a thread, beside the cell
  drawFrame();
  assert.equal(textOf(el, ".nbs-state"), held);
  model.receive(frame(2, [], { state: "cancelled" }));
  drawFrame();
  pass(1000);
  assert.equal(textOf(el, ".nbs-state"), "Cancelled");
});

test("a panel of a busy kernel says so at once", async () => {
  const { connect, draw } = await open();
  const model = await connect("p");
  const el = await draw(model);
  model.receive(frame(1, []));
  drawFrame();
  pass(4500);
  press(el.querySelector<HTMLElement>(".nbs-panel")!, "Escape");
  assert.match(textOf(el, ".nbs-state")!, /^Cancelling after the running cell;/);
});

test("a kernel that does not answer is busy, until it does", async () => {
  const { connect, draw, host } = await open();
  const model = await connect("p");
  const el = await draw(model);
  model.receive(frame(1, []));
  drawFrame();
  pass(4500);
  assert.ok(host.sent.some((message) => (message as { type: string }).type === "ping"));
  assert.equal(textOf(el, ".nbs-state"), "Live, kernel busy");
  model.receive({ type: "pong" });
  pass(300);
  assert.equal(textOf(el, ".nbs-state"), "Live");
});

test("a kernel that is gone leaves what is in sight in the notebook", async () => {
  const { connect, draw, page, outputs } = await open("p");
  const model = await connect("p");
  const el = await draw(model);
  model.receive(frame(1, [notice("so far")]));
  drawFrame();
  press(el.querySelector<HTMLElement>(".nbs-panel")!, "Escape");
  page.openNotebook(outputs, "dead");
  pass(4500);
  assert.match(textOf(el, ".nbs-state")!, /^The kernel is gone; run the cell again/);
  assert.match(String(outputs[0]!.data["text/plain"]), /^so far\s+\[The kernel ended/);
});

test("the frozen output of any kind of panel is put into the notebook", async () => {
  for (const view of ["stream", "table", "comparison"]) {
    const { connect, outputs, sentBy } = await open("p");
    const model = await connect("p", { view, columns: [] });
    model.receive({ type: "frozen" });
    pass(100);
    assert.deepEqual(sentBy("p"), [{ type: "freeze", panel: "p" }], view);
    model.receive({ type: "freeze", data: { "text/plain": "all" }, metadata: {} });
    assert.deepEqual(outputs[0]!.data, { "text/plain": "all" }, view);
  }
});

test("messages that arrive in batches reach their panels", async () => {
  const { connect, draw } = await open();
  const batches = await connect("batches", { view: "batch" });
  const model = await connect("p");
  const el = await draw(model);
  batches.receive({ type: "batch", messages: [["p", frame(1, [notice("in a batch")])]] });
  await settle();
  drawFrame();
  assert.equal(textOf(el, ".nbs-content"), "in a batch");
});

test("streams are compared side by side, and stay so together when the kernel is gone", async () => {
  const { connect, draw, page, outputs } = await open("both");
  const models = [await connect("a", { title: "first" }), await connect("b", { title: "second" })];
  const both = await connect("both", { view: "comparison", columns: ["IPY_MODEL_a", "IPY_MODEL_b"] });
  const el = await draw(both);
  for (const [i, model] of models.entries()) model.receive(frame(1, [notice(`answer ${i}`)]));
  drawFrame();
  const columns = [...el.querySelectorAll<HTMLElement>(".nbs-column")];
  assert.deepEqual(
    columns.map((one) => [textOf(one, ".nbs-column-title"), textOf(one, ".nbs-content")]),
    [
      ["first", "answer 0"],
      ["second", "answer 1"],
    ],
  );
  page.openNotebook(outputs, "dead");
  pass(4500);
  const text = String(outputs[0]!.data["text/plain"]);
  assert.match(text, /^first\s+answer 0\s+second\s+answer 1\s+\[The kernel ended/);
});

test("a panel that was restored without its kernel shows so, and requests nothing", async () => {
  const { connect, draw, host } = await open();
  host.comm_live = false;
  const el = await draw(await connect("p"));
  assert.match(textOf(el, ".nbs-panel")!, /^The kernel of this stream is gone; run the cell again/);
  assert.deepEqual(host.sent, []);
});

test("a panel of a kernel with another version says what to do, and gives way to its output", async () => {
  for (const protocol of [PROTOCOL + 1, undefined]) {
    const { connect, draw, host, outputs, sentBy } = await open("p");
    const model = await connect("p", { protocol, view: "of another version" });
    const el = await draw(model);
    model.receive(frame(1, [notice("not understood")]));
    assert.match(textOf(el, ".nbs-panel")!, /different versions of nbstream.* Reload the page;/);
    assert.deepEqual(host.sent, [{ type: "drawn", panel: "p" }], "a refresh would draw it again");
    model.receive({ type: "frozen" });
    pass(100);
    assert.deepEqual(sentBy("p"), [{ type: "freeze", panel: "p" }]);
    model.receive({ type: "freeze", data: { "text/plain": "all" }, metadata: {} });
    assert.deepEqual(outputs[0]!.data, { "text/plain": "all" });
  }
});

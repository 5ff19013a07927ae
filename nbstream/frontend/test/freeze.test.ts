// A panel is replaced by ordinary output in the notebook of a page that knows it.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { handleFreezeMessage, isKernelGone } from "../src/freeze.ts";
import { type Output, Page } from "./page.ts";

mock.timers.enable({ apis: ["setTimeout"] });

const WIDGET = "application/vnd.jupyter.widget-view+json";
const panelOutput = (key: string): Output => ({ data: { [WIDGET]: { model_id: key } } });
const freeze = { type: "freeze", data: { "text/plain": "all of it" }, metadata: { nbstream: 1 } };

/** A notebook with outputs, and a panel that is shown in it or not. */
function open(outputs: Output[], key = "p") {
  const page = new Page();
  page.openNotebook(outputs);
  const sent: unknown[] = [];
  const handle = (message: { type: string }) => {
    return handleFreezeMessage(page.model({ key }).asModel, message, (sending) => sent.push(sending));
  };
  return { page, sent, handle };
}

test("the frozen output replaces the panel wherever it is shown, and nothing else", () => {
  const text = { data: { "text/plain": "printed" } };
  const outputs = [panelOutput("p"), text, panelOutput("other"), panelOutput("p")];
  assert.equal(open(outputs).handle(freeze), true);
  const frozen = { output_type: "display_data", data: freeze.data, metadata: freeze.metadata };
  assert.deepEqual(outputs, [frozen, text, panelOutput("other"), frozen]);
});

test("the frozen output is requested only if the display update has not arrived", () => {
  const outputs = [panelOutput("p")];
  const { sent, handle } = open(outputs);
  assert.equal(handle({ type: "frozen" }), true);
  assert.deepEqual(sent, [], "the update may be under way");
  mock.timers.tick(100);
  assert.deepEqual(sent, [{ type: "freeze" }]);

  handle({ type: "frozen" });
  outputs[0] = { data: { "text/plain": "updated" } };
  mock.timers.tick(1000);
  assert.equal(sent.length, 1);
});

test("a host that does not know the notebook changes and requests nothing", () => {
  const page = new Page();
  const model = page.model({ key: "p" }).asModel;
  const sent: unknown[] = [];
  const send = (message: unknown) => sent.push(message);
  assert.equal(handleFreezeMessage(model, freeze, send), true);
  assert.equal(handleFreezeMessage(model, { type: "frozen" }, send), true);
  mock.timers.tick(1000);
  assert.deepEqual(sent, []);
});

test("a refreshed output is put into the notebook, and that is confirmed", () => {
  const outputs = [panelOutput("p")];
  const { sent, handle } = open(outputs);
  const data = { "text/plain": "so far", ...panelOutput("p").data };
  for (const text of ["so far", "and on"]) {
    const refresh = { type: "refresh", data: { ...data, "text/plain": text }, metadata: {} };
    assert.equal(handle(refresh), true);
    assert.equal(outputs[0]!.data["text/plain"], text);
  }
  assert.deepEqual(sent, [{ type: "refreshed" }, { type: "refreshed" }]);
});

test("a page whose notebook does not show the panel confirms nothing", () => {
  const { sent, handle } = open([]);
  handle({ type: "refresh", data: {}, metadata: {} } as { type: string });
  assert.deepEqual(sent, []);
});

test("all other messages are left to the panel", () => {
  assert.equal(open([]).handle({ type: "frame" }), false);
});

test("a kernel is gone if the host knows so, and not if the host cannot tell", () => {
  const page = new Page();
  const model = page.model({ key: "p" }).asModel;
  assert.equal(isKernelGone(model), false);
  page.openNotebook([], "busy");
  assert.equal(isKernelGone(model), false);
  page.openNotebook([], "dead");
  assert.equal(isKernelGone(model), true);
  page.context = { sessionContext: { session: null } };
  assert.equal(isKernelGone(model), true);
});

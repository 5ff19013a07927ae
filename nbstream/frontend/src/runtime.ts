// The module of the one runtime widget of a kernel: the whole front end.

import { Courier, Sender } from "./batching.ts";
import { type Leave, leaveBehind } from "./freeze_dom.ts";
import { findTypesetter } from "./markdown/math.ts";
import { type Column, Columns } from "./panels/comparison.ts";
import { Absent } from "./panels/disconnected.ts";
import { drawPanel } from "./panels/stream_panel.ts";
import { Table } from "./panels/streams_table.ts";
import type { HostModel, Initialize, Model, Render } from "./protocol.ts";
import { slotOf } from "./runtime_slot.ts";
import { Store } from "./store.ts";
import { addStyle } from "./ui/style_sheet.ts";
import { drawnIn, saveOnlyContent } from "./widget_state.ts";

/** What is behind a panel, for all its drawings in this page. */
interface Behind {
  listen(model: Model, signal: AbortSignal, early: never[]): void;
  draw(el: HTMLElement, signal: AbortSignal, leave?: Leave): void;
}

// Every panel that this page knows, by its runtime and its key there: `initialize` and
// `render` are handed different wrappers of one model, so those cannot be keys.
const panels = new Map<string, Promise<Behind>>();

const senders = new WeakMap<HostModel, Sender>();

function nameOf(model: Model): string {
  return `${model.get("runtime")}/${model.get("key")}`;
}

function panelOf(model: Model): Promise<Behind> {
  const name = nameOf(model);
  let panel = panels.get(name);
  if (panel === undefined) {
    const made = newPanel(model);
    panel = made;
    panels.set(name, panel);
    made.catch(() => forget(name, made)); // so that who asks again tries again
  }
  return panel;
}

function forget(name: string, panel: Promise<Behind>): void {
  if (panels.get(name) === panel) panels.delete(name);
}

async function newPanel(model: Model): Promise<Behind> {
  const id = String(model.get("runtime")).replace("IPY_MODEL_", "");
  const host = await model.widget_manager.get_model(id);
  const key = String(model.get("key"));
  saveOnlyContent(host);
  saveOnlyContent(await model.widget_manager.get_model(key));
  // Restored from a notebook, with no kernel behind it.
  if (host.comm_live === false) return new Absent();
  const send = (message: { type: string }) => senderTo(host).send(key, message);
  if (model.get("view") === "courier") return new Courier(model);
  if (model.get("view") === "table") return new Table(send);
  if (model.get("view") === "columns") return new Columns(model, () => columnsOf(model), send);
  const store = new Store(model, send, host);
  const title = String(model.get("title"));
  const alone: Leave = (content) => leaveBehind(model, content);
  return {
    listen: (...args) => store.listen(...args),
    draw: (el, signal, leave = alone) => drawPanel(store, title, leave, el, signal),
  };
}

function senderTo(host: HostModel): Sender {
  let sender = senders.get(host);
  if (sender === undefined) {
    sender = new Sender(host);
    senders.set(host, sender);
  }
  return sender;
}

function columnsOf(model: Model): Promise<Column>[] {
  return (model.get("columns") as string[]).map(async (reference) => {
    const column = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
    return { title: String(column.get("title")), panel: panelOf(column) };
  });
}

async function initialize({ model, signal, early }: Initialize): Promise<void> {
  if (signal.aborted) return;
  const [name, panel] = [nameOf(model), panelOf(model)];
  signal.addEventListener("abort", () => forget(name, panel));
  const behind = await panel;
  if (!signal.aborted) behind.listen(model, signal, early);
}

async function render({ model, el, signal }: Render): Promise<void> {
  if (signal.aborted) return;
  const panel = await panelOf(model);
  if (signal.aborted) return;
  addStyle(el);
  panel.draw(el, signal);
  drawnIn(await model.widget_manager.get_model(String(model.get("key"))), el, signal);
}

export default {
  initialize({ model }: Pick<Initialize, "model">): void {
    findTypesetter(model.widget_manager);
    slotOf(model).fill({ initialize, render });
  },
};

// The module of the one runtime widget of a kernel: the whole front end, for all panels.
import { BatchReceiver, BatchSender } from "./batching.ts";
import { isKernelGone, replacesOutputs } from "./freeze.ts";
import { freezeContent } from "./freeze_dom.ts";
import { LazyModule } from "./lazy_module.ts";
import { chooseTypesetter } from "./markdown/math.ts";
import { type Converter, MathmlTypesetter } from "./markdown/mathml_typesetter.ts";
import { type ComparedStream, Comparison } from "./panels/comparison.ts";
import { NotePanel } from "./panels/note_panel.ts";
import { connectPanel, type PanelState } from "./panels/panel_state.ts";
import { drawStream } from "./panels/stream_panel.ts";
import { StreamsTable } from "./panels/streams_table.ts";
import {
  type HostModel,
  type Initialize,
  type Model,
  PROTOCOL,
  type Render,
  type ToKernel,
} from "./protocol.ts";
import { getSlot } from "./runtime_slot.ts";
import { Store } from "./store.ts";
import { addStyleSheet } from "./ui/style_sheet.ts";
import { saveOnlyContent, trackView } from "./widget_state.ts";

const KERNEL_GONE = "The kernel of this stream is gone; run the cell again to follow it";
// Of an upgrade while the page or the kernel had the old version in memory.
const OTHER_VERSION =
  "This page and the kernel have different versions of nbstream, so the stream cannot be " +
  "followed here. Reload the page; if this message stays, restart the kernel.";

type Send = (message: ToKernel) => void;

/** A panel of this page, and how it sends to the kernel. */
interface Panel {
  state: PanelState;
  send: Send;
}

// Every open panel of this page, by its runtime and its key there: the host passes different
// wrappers of one model to `initialize` and `render`, so a model cannot be the key.
const panels = new Map<string, Promise<Panel>>();

const senders = new WeakMap<HostModel, BatchSender>();

const converter = new LazyModule<Converter>();

function getName(model: Model): string {
  return `${model.get("runtime")}/${model.get("key")}`;
}

/** Get the panel of a model, created at the first call. */
function getPanel(model: Model): Promise<Panel> {
  const name = getName(model);
  const known = panels.get(name);
  if (known !== undefined) return known;
  const panel = createPanel(model);
  panels.set(name, panel);
  panel.catch(() => forgetPanel(name, panel)); // so that the next call tries again
  return panel;
}

function forgetPanel(name: string, panel: Promise<Panel>): void {
  if (panels.get(name) === panel) panels.delete(name);
}

async function createPanel(model: Model): Promise<Panel> {
  const host = await model.widget_manager.get_model(stripPrefix(model.get("runtime")));
  const key = String(model.get("key"));
  saveOnlyContent(host);
  saveOnlyContent(await model.widget_manager.get_model(key));
  const send: Send = (message) => {
    const sent = message.type === "sync" ? { ...message, replaces: replacesOutputs(model) } : message;
    getSender(host).send(key, sent);
  };
  return { state: createState(model, host, send), send };
}

function createState(model: Model, host: HostModel, send: Send): PanelState {
  // Restored from a notebook, with no kernel behind it.
  if (host.comm_live === false) return new NotePanel(KERNEL_GONE);
  if (model.get("protocol") !== PROTOCOL) return new NotePanel(OTHER_VERSION);
  switch (model.get("view")) {
    case "batch":
      return new BatchReceiver(model);
    case "table":
      return new StreamsTable(
        send,
        () => host.comm_live === false || isKernelGone(model),
        (content) => freezeContent(model, content),
      );
    case "comparison":
      return new Comparison(model, () => findStreams(model), send);
    default:
      return createStream(model, host, send);
  }
}

function createStream(model: Model, host: HostModel, send: Send): PanelState {
  const store = new Store(model, send, host);
  const title = String(model.get("title"));
  return {
    connect: (signal) => store.connect(signal),
    receive: (message) => store.receive(message),
    draw: (el, signal, freeze = (content) => freezeContent(model, content)) =>
      drawStream(store, title, freeze, el, signal),
  };
}

function getSender(host: HostModel): BatchSender {
  let sender = senders.get(host);
  if (sender === undefined) {
    sender = new BatchSender(host);
    senders.set(host, sender);
  }
  return sender;
}

function findStreams(model: Model): Promise<ComparedStream>[] {
  return (model.get("columns") as string[]).map(async (reference) => {
    const stream = await model.widget_manager.get_model(stripPrefix(reference));
    return { title: String(stream.get("title")), panel: getPanel(stream).then(({ state }) => state) };
  });
}

/** Read the id of a model from a reference to it in a widget's trait. */
function stripPrefix(reference: unknown): string {
  return String(reference).replace("IPY_MODEL_", "");
}

async function initialize(props: Initialize): Promise<void> {
  const { model, signal } = props;
  if (signal.aborted) return;
  const [name, opening] = [getName(model), getPanel(model)];
  signal.addEventListener("abort", () => forgetPanel(name, opening));
  const { state, send } = await opening;
  if (signal.aborted) return;
  connectPanel(state, props, send, converter);
  converter.connect(send, signal);
}

async function render({ model, el, signal }: Render): Promise<void> {
  if (signal.aborted) return;
  const { state, send } = await getPanel(model);
  if (signal.aborted) return;
  addStyleSheet(el);
  state.draw(el, signal);
  const host = await model.widget_manager.get_model(stripPrefix(model.get("runtime")));
  if (host.comm_live !== false) send({ type: "drawn" });
  trackView(await model.widget_manager.get_model(String(model.get("key"))), el, signal);
}

export default {
  initialize({ model }: Pick<Initialize, "model">): void {
    chooseTypesetter(model.widget_manager, new MathmlTypesetter(() => converter.get()));
    getSlot(model).provide({ initialize, render });
  },
};

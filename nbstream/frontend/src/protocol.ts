// The messages between kernel and page; the kernel's side is where the widgets are.

import type { Payload } from "./blocks/payloads.ts";

export type { Payload };

/** The version of what kernel and page exchange; `display/widget/front_end.py` has the same
 *  number, and each panel carries its kernel's. */
export const PROTOCOL = 1;

/** `[block, kind, payload]`: a change of one block, or in a snapshot all of it. */
export type Patch = [number, string, Payload];

export type State =
  | "connecting"
  | "live"
  | "reconnecting"
  /** Nothing more is received, but the user's code runs on to its next `yield`. */
  | "stopping"
  | "finished"
  | "cancelled"
  | "failed";

/** The states in which a stream may still receive something. */
export const RUNNING: ReadonlySet<State> = new Set(["connecting", "live", "reconnecting"]);

/** The states before the end. */
export const NOT_ENDED: ReadonlySet<State> = new Set([...RUNNING, "stopping"]);

/** The status of the stream as of a message. */
export interface Head {
  state: State;
  reason: string;
  events: number;
  bytes: number;
  reconnects: number;
  /** No reconnect lost an event, as the event ids show. */
  unbroken?: true;
  /** At least so many events are lost, as the server reports; 0 if it gave no number. */
  lost?: number;
  /** Seconds since the start. */
  elapsed: number;
  /** Seconds since the last event. */
  quiet: number;
  /** Seconds until the next attempt to connect, during the wait for it. */
  retry_in?: number;
}

/** The part of the head that a frame has if nothing else of it changed. */
export type Counts = Partial<Pick<Head, "events" | "bytes">>;

export type FromKernel =
  | { type: "frame"; since: number; seq: number; patches: Patch[]; head: Head | Counts }
  // A snapshot may be megabytes, so the lists of it can come in parts before it.
  | { type: "part"; number: number; patches: Patch[] }
  | { type: "snapshot"; parts?: number; seq: number; patches: Patch[]; head: Head }
  | { type: "pong" }
  | FreezeMessage;

/** The code of the module that was requested. */
export interface ModuleMessage {
  type: "module";
  code: string;
}

/** A stream in the table of all streams. */
export interface StreamRow {
  number: number;
  name: string;
  source: string;
  state: State;
  elapsed: number;
  events: number;
  bytes: number;
  rate: number;
}

/** Rows of the table of all streams: all of them, or those that changed. */
export interface TableFromKernel {
  type: "rows";
  rows: StreamRow[];
  all: boolean;
}

/** Messages about the ordinary output: the kernel has replaced the panel by it, or has sent
 *  it for this page to do so. */
export type FreezeMessage = { type: "frozen" } | OutputMessage;

/** The ordinary output for a panel's place: for good, or until the panel is drawn, with the
 *  reference to it. */
export interface OutputMessage {
  type: "freeze" | "refresh";
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

export type ToKernel =
  // The page has the panel, and requests all of it. Whether it can replace outputs of the
  // notebook is added on the way.
  | { type: "sync"; replaces?: boolean }
  // Everything up to here is drawn, since so many seconds.
  | { type: "ack"; seq: number; held: number }
  | { type: "cancel" }
  // The refreshed output is in the notebook: this page can take the next one.
  | { type: "refreshed" }
  // A view shows the panel: the kernel need not refresh its output.
  | { type: "drawn" }
  // Requests the module that converts formulas, where the host has no typesetter.
  | { type: "module" }
  // Requests the frozen output: the panel is still in the notebook.
  | { type: "freeze" }
  // Requests a pong: is the event loop of the stream running?
  | { type: "ping" };

/** What we use of an anywidget model. */
export interface Model {
  get(name: string): unknown;
  on(event: string, handler: (...args: never[]) => void): void;
  off(event: string, handler: (...args: never[]) => void): void;
  // The host's widget manager; in JupyterLab it knows the notebook (see freeze.ts).
  widget_manager: WidgetManager;
}

/** A model as the widget manager holds it. */
export interface HostModel extends Model {
  model_id: string;
  comm_live?: boolean;
  send(message: unknown): void;
  trigger(event: string, ...args: unknown[]): void;
  on(event: string, handler: () => void): void;
  off(event: string, handler: () => void): void;
}

export interface WidgetManager {
  get_model(id: string): Promise<HostModel>;
  // JupyterLab's manager only.
  context?: unknown;
}

export interface Initialize {
  model: Model;
  signal: AbortSignal;
  /** Messages of the kernel that were received before the runtime was loaded. */
  early: never[];
}

export interface Render {
  model: Model;
  signal: AbortSignal;
  el: HTMLElement;
}

/** What the runtime offers the panels; see runtime_slot.ts. */
export interface Runtime {
  initialize(props: Initialize): Promise<void>;
  render(props: Render): Promise<void>;
}

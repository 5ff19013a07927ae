// What crosses between kernel and page; the twin of `views/widget.py`.

import type { Row } from "./panels/streams_table.ts";

/** What a block tells: JSON. Its own kind alone knows the fields. */
// biome-ignore lint: each kind narrows it
export type Payload = Record<string, any>;

/** `[block, kind, payload]`: a change of one block, or in a snapshot all of it. */
export type Patch = [number, string, Payload];

export type State =
  | "connecting"
  | "live"
  | "reconnecting"
  /** It receives nothing more, but its code runs on to its next `yield`. */
  | "stopping"
  | "finished"
  | "cancelled"
  | "failed";

/** The states of a stream that may still go on. */
export const RUNNING: ReadonlySet<State> = new Set(["connecting", "live", "reconnecting"]);

/** The states of a stream that the kernel is not done with. */
export const NOT_ENDED: ReadonlySet<State> = new Set([...RUNNING, "stopping"]);

/** The status of the stream as of a message. */
export interface Head {
  state: State;
  reason: string;
  events: number;
  bytes: number;
  reconnects: number;
  /** It is known that no reconnect lost an event. */
  unbroken?: true;
  /** Events that the server says are lost, at least so many; 0: it gave no number. */
  lost?: number;
  /** Seconds since the start. */
  elapsed: number;
  /** Seconds since the last event. */
  quiet: number;
  /** Seconds until it tries to connect again, where it waits for that. */
  retry_in?: number;
}

/** All of it that a frame tells where only this changed. */
export type Counts = Partial<Pick<Head, "events" | "bytes">>;

export type FromKernel =
  | { type: "frame"; since: number; seq: number; patches: Patch[]; head: Head | Counts }
  // A snapshot may be megabytes, so the lists of it can come in parts before it.
  | { type: "part"; number: number; patches: Patch[] }
  | { type: "snapshot"; parts?: number; seq: number; patches: Patch[]; head: Head }
  | { type: "pong" }
  | AboutTheEnd;

/** The same, for the table of all streams. */
export type TableFromKernel = { type: "rows"; rows: Row[]; all: boolean } | AboutTheEnd;

export type AboutTheEnd = { type: "frozen" } | Freeze;

/** The ordinary output to leave in a panel's place. */
export interface Freeze {
  type: "freeze";
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

export type ToKernel =
  | { type: "sync" }
  // Up to here all is drawn, for so many seconds.
  | { type: "ack"; seq: number; held: number }
  | { type: "cancel" }
  // Asks for what is to be in the panel's place, which it still has.
  | { type: "freeze" }
  // Asks for a pong: does the loop that the stream runs in have its turn?
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
  /** What the kernel said before the runtime was there to hear it. */
  early: never[];
}

export interface Render {
  model: Model;
  signal: AbortSignal;
  el: HTMLElement;
}

/** What the runtime gives to the panels, under its slot. */
export interface Drawing {
  initialize(props: Initialize): Promise<void>;
  render(props: Render): Promise<void>;
}

// What this page knows of one stream, for all the views that draw it.
import { type Block, newBlock } from "./blocks/index.ts";
import { isKernelGone } from "./freeze.ts";
import type {
  Counts,
  FreezeMessage,
  FromKernel,
  Head,
  HostModel,
  Model,
  Patch,
  ToKernel,
} from "./protocol.ts";
import { RateMeter } from "./rate_meter.ts";
import { type Change, joinParts, reconcile } from "./reconcile.ts";

/** One drawing of a stream. */
export interface StreamView {
  /** Draw changes, which the blocks have applied already. */
  patch(changes: Change[]): void;
  /** Draw exactly these blocks, in this order. */
  arrange(blocks: Iterable<Block>): void;
  /** Show the status. */
  head(head: Head): void;
  /** Show that the kernel is gone, or back. */
  connection(live: boolean): void;
}

// An acknowledgement costs two messages of the kernel's state, each processed by the host;
// the kernel waits for one a little longer than twice this.
const ACK_EVERY_MS = 1000;
const PING_AFTER_MS = 2000;
const BUSY_AFTER_MS = 4000;

export class Store {
  head: Head = {
    state: "connecting",
    reason: "",
    events: 0,
    bytes: 0,
    reconnects: 0,
    elapsed: 0,
    quiet: 0,
  };
  /** When the head was received, by this page's clock. */
  headAt = performance.now();
  /** Whether the kernel has sent it: a page that is reloaded has only the state before. */
  hasHead = false;
  readonly rate = new RateMeter();
  #blocks = new Map<number, Block>();
  #seq = 0; // of the last message that was applied
  #parts: Patch[][] = []; // of a snapshot that is incomplete
  #syncing = false; // a snapshot is requested
  #receivedAt = performance.now();
  #pingedAt = 0;
  #views = new Map<StreamView, { changes: Change[]; arrange: boolean }>();
  #frame = 0;
  #ackedAt = -ACK_EVERY_MS;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #model: Model;
  readonly #send: (message: ToKernel) => void;
  readonly #host: HostModel;

  constructor(model: Model, send: (message: ToKernel) => void, host: HostModel) {
    this.#model = model;
    this.#send = send;
    this.#host = host;
    this.head.state = String(model.get("state")) as Head["state"];
  }

  /** Request a snapshot, and follow the connection to the kernel until the signal. */
  connect(signal: AbortSignal): void {
    const update = () => this.#setConnection(this.#host.comm_live !== false);
    this.#host.on("comm_live_update", update);
    signal.addEventListener("abort", () => {
      this.#host.off("comm_live_update", update);
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#ackTimer);
    });
    this.#sync();
  }

  cancel(): void {
    this.#send({ type: "cancel" });
  }

  /** Add a view until the signal; it is brought up to date at once. */
  add(view: StreamView, signal: AbortSignal): void {
    this.#views.set(view, { changes: [], arrange: false });
    signal.addEventListener("abort", () => this.#views.delete(view));
    view.arrange(this.#blocks.values());
    view.head(this.head);
    this.#schedule(); // what was received before there was a view is not acknowledged yet
  }

  /** Check whether the kernel has stopped answering. To be called regularly while the
   *  stream runs and is in sight: it pings the kernel, because a quiet stream and a busy
   *  kernel look alike from here. */
  checkBusy(): boolean {
    const now = performance.now();
    const silence = now - this.#receivedAt;
    if (silence > PING_AFTER_MS && now - this.#pingedAt > PING_AFTER_MS) {
      this.#pingedAt = now;
      this.#send({ type: "ping" });
    }
    if (silence > BUSY_AFTER_MS && isKernelGone(this.#model)) this.#setConnection(false);
    return silence > BUSY_AFTER_MS;
  }

  receive(message: Exclude<FromKernel, FreezeMessage>): void {
    this.#receivedAt = performance.now();
    if (message.type === "pong") return;
    if (message.type === "part") {
      if (message.number === 0) this.#parts = [];
      this.#parts.push(message.patches);
      return;
    }
    if (message.type === "snapshot") {
      this.#syncing = false;
      const parts = this.#parts;
      this.#parts = [];
      if (message.seq !== this.#seq && parts.length !== (message.parts ?? 0)) {
        this.#sync(); // the first parts were sent before this page was open
        return;
      }
      // Another page may have requested it, while this one is up to date.
      if (message.seq !== this.#seq) this.#reconcile(joinParts([...parts, message.patches]));
    } else if (message.since !== this.#seq) {
      if (message.seq > this.#seq) this.#sync(); // frames are missing
      return;
    } else {
      this.#apply(message.patches);
    }
    this.#seq = message.seq;
    this.#setHead(message.head);
    this.#schedule();
  }

  #setHead(head: Head | Counts): void {
    const now = performance.now();
    const since = (now - this.headAt) / 1000;
    this.hasHead = true;
    if ("state" in head) this.head = head;
    else {
      const { elapsed, quiet, events } = this.head;
      const fresh = head.events !== undefined && head.events !== events;
      const clocks = { elapsed: elapsed + since, quiet: fresh ? 0 : quiet + since };
      this.head = { ...this.head, ...clocks, ...head };
    }
    this.headAt = now;
    this.rate.record(this.head.events, now);
  }

  #sync(): void {
    if (this.#syncing) return;
    this.#syncing = true;
    this.#send({ type: "sync" });
  }

  #reconcile(snapshot: Patch[]): void {
    const { blocks, changes } = reconcile(this.#blocks.values(), snapshot);
    this.#blocks = blocks;
    for (const waiting of this.#views.values()) {
      waiting.changes.push(...changes);
      waiting.arrange = true;
    }
  }

  #apply(patches: Patch[]): void {
    const changes = patches.map(([index, kind, payload]): Change => {
      let block = this.#blocks.get(index);
      if (block === undefined) {
        block = newBlock(kind);
        this.#blocks.set(index, block);
      }
      block.apply(payload);
      return [block, payload];
    });
    for (const waiting of this.#views.values()) waiting.changes.push(...changes);
  }

  #schedule(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** Draw, then acknowledge: a page that does not draw is sent nothing more (backpressure). */
  #draw(): void {
    this.#frame = 0;
    if (this.#views.size === 0) return;
    for (const [view, waiting] of this.#views) {
      if (waiting.changes.length > 0) view.patch(waiting.changes);
      if (waiting.arrange) view.arrange(this.#blocks.values());
      waiting.changes = [];
      waiting.arrange = false;
      view.head(this.head);
    }
    const [drawn, at] = [this.#seq, performance.now()];
    clearTimeout(this.#ackTimer);
    const wait = this.#ackedAt + ACK_EVERY_MS - at;
    if (wait <= 0) this.#ack(drawn, at);
    else this.#ackTimer = setTimeout(() => this.#ack(drawn, at), wait);
  }

  #ack(seq: number, drawnAt: number): void {
    this.#ackedAt = performance.now();
    this.#send({ type: "ack", seq, held: (this.#ackedAt - drawnAt) / 1000 });
  }

  #setConnection(live: boolean): void {
    for (const view of this.#views.keys()) view.connection(live);
    if (live) {
      this.#syncing = false;
      this.#sync();
    }
  }
}

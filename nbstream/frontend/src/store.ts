// What this page knows of one stream, for all the panels that draw it.
import { type Block, newBlock } from "./blocks/index.ts";
import { kernelIsGone, seesToTheEnd } from "./freeze.ts";
import type { Counts, FromKernel, Head, HostModel, Model, Patch, ToKernel } from "./protocol.ts";
import { type Change, caughtUp, joined } from "./reconcile.ts";

/** One drawing of a stream. */
export interface View {
  /** Draw what is new, already taken into the blocks. */
  patch(changes: Change[]): void;
  /** These are all the blocks, in order: draw those that are not drawn, and no others. */
  arrange(blocks: Iterable<Block>): void;
  /** Show the status. */
  head(head: Head): void;
  /** The kernel is gone, or back. */
  connection(live: boolean): void;
}

// An answer costs two messages of the kernel's state, and the host a look at each; the
// kernel waits for one a little longer than twice this (`_PATIENCE` in views/widget.py).
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
  /** When the head was so, by this page's clock. */
  headAt = performance.now();
  #blocks = new Map<number, Block>();
  #seq = 0; // of a stream of which nothing is known yet, this is all
  #parts: Patch[][] = []; // of a snapshot that is on its way
  #asked = false;
  #heard = performance.now();
  #pinged = 0;
  #views = new Map<View, { changes: Change[]; arrange: boolean }>();
  #frame = 0;
  #acked = -ACK_EVERY_MS;
  #acking: ReturnType<typeof setTimeout> | undefined;
  readonly #model: Model;
  readonly #send: (message: ToKernel) => void;
  readonly #host: HostModel;

  constructor(model: Model, send: (message: ToKernel) => void, host: HostModel) {
    this.#model = model;
    this.#send = send;
    this.#host = host;
    this.head.state = String(model.get("state")) as Head["state"];
  }

  /** Take the kernel's messages until the signal, the early ones first. */
  listen(model: Model, signal: AbortSignal, early: FromKernel[]): void {
    const receive = (message: FromKernel) => this.#receive(message);
    early.forEach(receive);
    model.on("msg:custom", receive);
    const lost = () => this.#connection(this.#host.comm_live !== false);
    this.#host.on("comm_live_update", lost);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      this.#host.off("comm_live_update", lost);
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#acking);
    });
    this.#sync();
  }

  cancel(): void {
    this.#send({ type: "cancel" });
  }

  /** Add a drawing; it is brought up to date at once. */
  add(view: View, signal: AbortSignal): void {
    this.#views.set(view, { changes: [], arrange: false });
    signal.addEventListener("abort", () => this.#views.delete(view));
    view.arrange(this.#blocks.values());
    view.head(this.head);
    this.#schedule(); // what came before there was a view is owed an answer
  }

  /** Whether the kernel has stopped answering. To be asked now and then while the stream
   *  runs and is looked at: a silent stream and a busy kernel look alike from here. */
  busy(): boolean {
    const now = performance.now();
    const silence = now - this.#heard;
    if (silence > PING_AFTER_MS && now - this.#pinged > PING_AFTER_MS) {
      this.#pinged = now;
      this.#send({ type: "ping" });
    }
    if (silence > BUSY_AFTER_MS && kernelIsGone(this.#model)) this.#connection(false);
    return silence > BUSY_AFTER_MS;
  }

  #receive(message: FromKernel): void {
    this.#heard = performance.now();
    if (message.type === "pong") return;
    if (seesToTheEnd(this.#model, message, this.#send)) return;
    if (message.type === "part") {
      if (message.number === 0) this.#parts = [];
      this.#parts.push(message.patches);
      return;
    }
    if (message.type === "snapshot") {
      this.#asked = false;
      const parts = this.#parts;
      this.#parts = [];
      if (message.seq !== this.#seq && parts.length !== (message.parts ?? 0)) {
        this.#sync(); // this page came in the middle of it
        return;
      }
      // Another page may have asked; what we have may be as new.
      if (message.seq !== this.#seq) this.#restart(joined([...parts, message.patches]));
    } else if (message.since !== this.#seq) {
      if (message.seq > this.#seq) this.#sync(); // a hole
      return;
    } else {
      this.#take(message.patches);
    }
    this.#seq = message.seq;
    this.#tell(message.head);
    this.#schedule();
  }

  #tell(head: Head | Counts): void {
    const now = performance.now();
    const since = (now - this.headAt) / 1000;
    if ("state" in head) this.head = head;
    else {
      const { elapsed, quiet, events } = this.head;
      const fresh = head.events !== undefined && head.events !== events;
      const clocks = { elapsed: elapsed + since, quiet: fresh ? 0 : quiet + since };
      this.head = { ...this.head, ...clocks, ...head };
    }
    this.headAt = now;
  }

  #sync(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#send({ type: "sync" });
  }

  #restart(patches: Patch[]): void {
    const { blocks, changes } = caughtUp(this.#blocks.values(), patches);
    this.#blocks = blocks;
    for (const waiting of this.#views.values()) {
      waiting.changes.push(...changes);
      waiting.arrange = true;
    }
  }

  #take(patches: Patch[]): void {
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

  /** Draw, then acknowledge: a page that cannot draw gets no more to draw. */
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
    clearTimeout(this.#acking);
    const wait = this.#acked + ACK_EVERY_MS - at;
    if (wait <= 0) this.#ack(drawn, at);
    else this.#acking = setTimeout(() => this.#ack(drawn, at), wait);
  }

  #ack(seq: number, drawn: number): void {
    this.#acked = performance.now();
    this.#send({ type: "ack", seq, held: (this.#acked - drawn) / 1000 });
  }

  #connection(live: boolean): void {
    for (const view of this.#views.keys()) view.connection(live);
    if (live) {
      this.#asked = false;
      this.#sync();
    }
  }
}

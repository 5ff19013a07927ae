// Batches the messages of many panels, in either direction: the host's cost is per message,
// not per byte. The twin of the kernel's batching of frames.
import type { PanelState } from "./panels/panel_state.ts";
import type { HostModel, Model } from "./protocol.ts";

const ACK_DELAY_MS = 100;

/** Messages of the kernel, each with the key of its panel. */
interface Batch {
  type: "batch";
  messages: [key: string, message: object][];
}

/** Passes each message of a batch to its panel, as if it had arrived alone. */
export class BatchReceiver implements PanelState {
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  connect(): void {}

  receive({ messages }: Batch): void {
    for (const [key, message] of messages) void this.#deliver(key, message);
  }

  draw(): void {} // the widget of the batches is never shown

  async #deliver(key: string, message: object): Promise<void> {
    try {
      (await this.#model.widget_manager.get_model(key)).trigger("msg:custom", message, []);
    } catch {
      // The panel is closed, or not open yet: once open, it requests a snapshot.
    }
  }
}

interface Ack {
  type: "ack";
  held: number;
}

/** Sends the messages of a page to the kernel: acknowledgements in batches, all others
 *  at once. */
export class BatchSender {
  #acks: { panel: string; ack: Ack; since: number }[] = [];
  readonly #host: HostModel;

  constructor(host: HostModel) {
    this.#host = host;
  }

  send(panel: string, message: { type: string }): void {
    if (message.type !== "ack") {
      this.#host.send({ ...message, panel });
      return;
    }
    if (this.#acks.length === 0) setTimeout(() => this.#flush(), ACK_DELAY_MS);
    this.#acks.push({ panel, ack: message as Ack, since: performance.now() });
  }

  #flush(): void {
    const now = performance.now();
    const messages = this.#acks.map(({ panel, ack, since }) => {
      return { ...ack, panel, held: ack.held + (now - since) / 1000 };
    });
    this.#acks = [];
    this.#host.send({ messages });
  }
}

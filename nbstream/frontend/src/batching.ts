// Carries posts: messages of many panels in one, in either direction, for each message
// costs the host more than what is in it. The twin of `views/outbox.py`.
import type { HostModel, Model } from "./protocol.ts";

const GATHER_MS = 100;

/** What the kernel sends to several panels at once. */
interface Post {
  type: "post";
  messages: [string, object][];
}

/** Hands each message of a post to its panel, as if it had come by itself. */
export class Courier {
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  listen(model: Model, signal: AbortSignal, early: Post[]): void {
    const receive = ({ messages }: Post) => {
      for (const [key, message] of messages) void this.#handOver(key, message);
    };
    early.forEach(receive);
    model.on("msg:custom", receive);
    signal.addEventListener("abort", () => model.off("msg:custom", receive));
  }

  draw(): void {} // it is never shown

  async #handOver(key: string, message: object): Promise<void> {
    try {
      (await this.#model.widget_manager.get_model(key)).trigger("msg:custom", message, []);
    } catch {
      // A panel that is gone, or not there yet: then it will ask for all there is.
    }
  }
}

interface Ack {
  type: "ack";
  held: number;
}

/** Sends a page's messages: acknowledgements, which can wait a little, together. */
export class Sender {
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
    if (this.#acks.length === 0) setTimeout(() => this.#flush(), GATHER_MS);
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

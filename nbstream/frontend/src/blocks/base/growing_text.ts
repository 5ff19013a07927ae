// The base of the kinds that are one growing text: text, reasoning, tool calls.
import type { Payload } from "../../protocol.ts";

export class GrowingText {
  text = "";
  dropped = 0;

  apply({ text, drop = 0, dropped = 0 }: Payload): void {
    this.text += text;
    if (drop > 0) this.text = this.text.slice(drop);
    this.dropped += drop + dropped;
  }

  state(): Payload {
    return { text: this.text, dropped: this.dropped };
  }

  diff(state: Payload): Payload | null {
    const text = state["text"] as string;
    if (state["dropped"] !== this.dropped || !text.startsWith(this.text)) return null;
    const { dropped: _, ...rest } = state;
    return { ...rest, text: text.slice(this.text.length) };
  }

  /** The number of characters, those that were dropped included. */
  get length(): number {
    return this.text.length + this.dropped;
  }
}

// The base of the kinds that are one growing text: text, reasoning, tool calls.
import type { TextPayload } from "../text.ts";

export class GrowingText<P extends TextPayload> {
  text = "";
  /** Characters that were dropped. */
  dropped = 0;
  #kept = 0; // characters of the text

  apply({ text, drop = 0, dropped = this.dropped }: P): void {
    this.text += text;
    this.#kept += countCharacters(text);
    if (drop > 0) {
      this.text = this.text.slice(drop);
      this.#kept -= dropped - this.dropped;
    }
    this.dropped = dropped;
  }

  state(): P {
    return { text: this.text, dropped: this.dropped } as P;
  }

  diff(state: P): P | null {
    const { dropped = 0, text, ...rest } = state;
    if (dropped !== this.dropped || !text.startsWith(this.text)) return null;
    return { ...rest, text: text.slice(this.text.length) } as P;
  }

  /** The number of characters, those that were dropped included. */
  get length(): number {
    return this.#kept + this.dropped;
  }
}

/** The length of a text as the kernel counts it: in characters, not in UTF-16 units. */
function countCharacters(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) pairs += 1;
  return text.length - pairs;
}

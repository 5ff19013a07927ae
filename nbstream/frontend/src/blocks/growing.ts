// What the kinds that grow as text does share: reasoning, and the arguments of a call.
import type { Payload } from "../protocol.ts";

export class Growing {
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

  /** Characters in all, those let go too. */
  get length(): number {
    return this.text.length + this.dropped;
  }
}

// Why an answer ended before its time.
import { element } from "../dom.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";

export class StoppedBlock implements Block {
  #state: Payload = { message: "" };

  apply(payload: Payload): void {
    this.#state = payload;
  }

  state(): Payload {
    return this.#state;
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const note = element("div", { class: "nbs-stopped", role: "note" });
    el.append(note);
    return ({ message }) => {
      note.textContent = message as string;
    };
  }
}

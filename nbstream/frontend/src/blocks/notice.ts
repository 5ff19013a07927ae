// Notices to the reader, such as why an answer ended early.
import type { Payload } from "../protocol.ts";
import { element, write } from "../ui/dom.ts";
import type { Block } from "./base/block.ts";

export class NoticeBlock implements Block {
  #state: Payload = { message: "" };

  apply(payload: Payload): void {
    this.#state = payload;
  }

  state(): Payload {
    return this.#state;
  }

  diff(state: Payload): Payload {
    return state;
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const note = element("div", { class: "nbs-notice", role: "note" });
    el.append(note);
    return ({ message }) => {
      write(note, message as string);
    };
  }
}

// What went wrong.
import { element } from "../dom.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";

export class ErrorBlock implements Block {
  #state: Payload = { message: "", traceback: "" };

  apply(payload: Payload): void {
    this.#state = payload;
  }

  state(): Payload {
    return this.#state;
  }

  until(state: Payload): Payload {
    return state;
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    return ({ message, traceback }) => {
      const box = element("div", { class: "nbs-failure" }, element("strong", {}, "Failed"), `: ${message}`);
      if (traceback) box.append(element("pre", { tabindex: "0" }, traceback));
      el.replaceChildren(box);
    };
  }
}

// What went wrong.
import type { Payload } from "../protocol.ts";
import { element } from "../ui/dom.ts";
import { visibleCode } from "../ui/invisible_characters.ts";
import type { Block } from "./base/block.ts";

export class ErrorBlock implements Block {
  #state: Payload = { message: "", traceback: "" };

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
    return ({ message, traceback, lost }) => {
      const [kind, heading, words] =
        lost === undefined ? ["nbs-failure", "Failed", message] : told(lost, message);
      const box = element("div", { class: kind }, element("strong", {}, heading), `: ${words}`);
      if (traceback) box.append(element("pre", { tabindex: "0" }, visibleCode(traceback)));
      el.replaceChildren(box);
    };
  }
}

/** A lost connection is no error of the stream's: what came is kept. As in
 *  `nbstream/blocks/error.py`, but with the time of day. */
export function told(
  [what, events, since]: [string, number, number],
  message: string,
): [string, string, string] {
  const at = new Date(since * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const when = what.endsWith("gone") ? "since" : "at";
  return [
    "nbs-lost",
    `${what} ${when} ${at}`,
    `all up to event ${events.toLocaleString("en")} is kept. ${message}`,
  ];
}

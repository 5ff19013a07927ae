// Errors that end a stream, and lost connections.
import { element } from "../ui/dom.ts";
import { escapeInvisibleInCode } from "../ui/invisible_characters.ts";
import type { Block } from "./base/block.ts";
import { LatestState } from "./base/latest_state.ts";

/** All of an error. */
export interface ErrorPayload {
  message: string;
  traceback: string;
  /** Where only the connection was lost: what happened, how many events were received, and
   *  when, in seconds since the epoch. */
  lost?: [what: string, events: number, since: number];
}

export class ErrorBlock extends LatestState<ErrorPayload> implements Block<ErrorPayload> {
  constructor() {
    super({ message: "", traceback: "" });
  }

  draw(el: HTMLElement): (payload: ErrorPayload) => void {
    return ({ message, traceback, lost }) => {
      const [kind, heading, words] =
        lost === undefined ? ["nbs-failure", "Failed", message] : describeLoss(lost, message);
      const box = element("div", { class: kind }, element("strong", {}, heading), `: ${words}`);
      if (traceback) box.append(element("pre", { tabindex: "0" }, escapeInvisibleInCode(traceback)));
      el.replaceChildren(box);
    };
  }
}

/** Describe a lost connection, which is no failure of the stream: what was received is kept.
 *  As in the frozen output, but with the time of day.
 *
 *  @returns the class, the heading and the text to show. */
export function describeLoss(
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

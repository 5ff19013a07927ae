// Notices to the reader, such as why an answer ended early.
import type { Payload } from "../protocol.ts";
import { element, write } from "../ui/dom.ts";
import type { Block } from "./base/block.ts";
import { LatestState } from "./base/latest_state.ts";

export class NoticeBlock extends LatestState implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const note = element("div", { class: "nbs-notice", role: "note" });
    el.append(note);
    return ({ message }) => {
      write(note, message as string);
    };
  }
}

// Notices to the reader, such as why an answer ended early.
import { element, setText } from "../ui/dom.ts";
import type { Block } from "./base/block.ts";
import { LatestState } from "./base/latest_state.ts";

/** All of a notice. */
export interface NoticePayload {
  message: string;
}

export class NoticeBlock extends LatestState<NoticePayload> implements Block<NoticePayload> {
  constructor() {
    super({ message: "" });
  }

  draw(el: HTMLElement): (payload: NoticePayload) => void {
    const note = element("div", { class: "nbs-notice", role: "note" });
    el.append(note);
    return ({ message }) => {
      setText(note, message);
    };
  }
}

// Streamed text, shown as markdown.

import { MarkdownView } from "../markdown/view.ts";
import { element } from "../ui/dom.ts";
import { formatCount } from "../ui/format.ts";
import type { Block } from "./base/block.ts";
import { GrowingText } from "./base/growing_text.ts";

/** Text to append; then the oldest is dropped. */
export interface TextPayload {
  text: string;
  /** How much of the beginning to drop, in UTF-16 units. */
  drop?: number;
  /** How many characters were dropped in all; present with `drop`, and in a whole state. */
  dropped?: number;
}

export class TextBlock extends GrowingText<TextPayload> implements Block<TextPayload> {
  draw(el: HTMLElement): (payload: TextPayload) => void {
    const note = element("div", { class: "nbs-note" });
    note.hidden = true;
    // JupyterLab styles what is rendered in it by its own class.
    const box = element("div", { class: "nbs-text jp-RenderedHTMLCommon" });
    el.append(note, box);
    const view = new MarkdownView(box);
    let shown = 0;
    return ({ text, drop = 0, dropped = shown }) => {
      view.push(text);
      if (drop > 0) view.drop(drop);
      shown = dropped;
      note.hidden = dropped === 0;
      note.textContent = `… ${formatCount(dropped, "character")} before this`;
    };
  }
}

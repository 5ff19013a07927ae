// Streamed text, shown as markdown.
import { MarkdownView } from "../markdown/view.ts";
import type { Payload } from "../protocol.ts";
import { element } from "../ui/dom.ts";
import type { Block } from "./base/block.ts";
import { GrowingText } from "./base/growing_text.ts";

export class TextBlock extends GrowingText implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const note = element("div", { class: "nbs-note" });
    note.hidden = true;
    // JupyterLab styles what is rendered in it by its own class.
    const box = element("div", { class: "nbs-text jp-RenderedHTMLCommon" });
    el.append(note, box);
    const view = new MarkdownView(box);
    let dropped = 0;
    return ({ text, drop = 0, dropped: before = 0 }) => {
      view.push(text as string);
      if (drop > 0) view.drop(drop as number);
      dropped += drop + before;
      note.hidden = dropped === 0;
      note.textContent = `… ${dropped.toLocaleString("en")} characters before this`;
    };
  }
}

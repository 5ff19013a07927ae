// Streamed text.
import { element } from "../dom.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";

// A paragraph of its own from here on: the page lays out a paragraph as a whole, so one
// that only grows would cost more with each delta.
const SPLIT_AT = 2000;

export class TextBlock implements Block {
  #text = "";
  #dropped = 0;

  apply({ text, drop = 0, dropped = 0 }: Payload): void {
    this.#text += text;
    if (drop > 0) this.#text = this.#text.slice(drop);
    this.#dropped += drop + dropped;
  }

  state(): Payload {
    return { text: this.#text, dropped: this.#dropped };
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const note = element("div", { class: "nbs-note" });
    note.hidden = true;
    el.append(note);
    let dropped = 0;
    let last = paragraph(el);
    return ({ text, drop = 0, dropped: before = 0 }) => {
      let rest = text as string;
      while (last.length > SPLIT_AT && rest.includes("\n")) {
        const end = rest.indexOf("\n");
        // The end of the paragraph stands for this newline; see `dropFrom`.
        last.appendData(rest.slice(0, end));
        rest = rest.slice(end + 1);
        last = paragraph(el);
      }
      last.appendData(rest);
      if (drop > 0) dropFrom(el, drop);
      dropped += drop + before;
      note.hidden = dropped === 0;
      note.textContent = `… ${dropped.toLocaleString("en")} characters before this`;
    };
  }
}

function paragraph(el: HTMLElement): Text {
  const node = document.createTextNode("");
  el.append(element("div", { class: "nbs-text" }, node));
  return node;
}

function dropFrom(el: HTMLElement, length: number): void {
  let excess = length;
  while (excess > 0) {
    const first = el.querySelector(".nbs-text");
    const node = first?.firstChild as Text | null | undefined;
    if (first == null || node == null) return;
    if (first.nextElementSibling !== null && node.length + 1 <= excess) {
      excess -= node.length + 1;
      first.remove();
    } else {
      node.deleteData(0, Math.min(excess, node.length));
      return;
    }
  }
}

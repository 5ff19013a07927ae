// Citations: the sources that an answer refers to, numbered.
import { element } from "../ui/dom.ts";
import { formatCount } from "../ui/format.ts";
import { escapeInvisibleInCode } from "../ui/invisible_characters.ts";
import type { Block } from "./base/block.ts";
import { isSame } from "./base/entry_list.ts";

type Citation = [title: string, url: string, quote: string];

const ADDRESS = /^https?:\/\/[^\s<>"\\]+$/i;

/** Sources to add. */
export interface CitationsPayload {
  add: Citation[];
  /** How many more there are, past the limit. */
  more?: number;
}

export class CitationsBlock implements Block<CitationsPayload> {
  #citations: Citation[] = [];
  #more = 0;

  apply({ add, more = 0 }: CitationsPayload): void {
    this.#citations.push(...add);
    this.#more += more;
  }

  state(): CitationsPayload {
    const state: CitationsPayload = { add: this.#citations };
    return this.#more > 0 ? { ...state, more: this.#more } : state;
  }

  diff({ add, more = 0 }: CitationsPayload): CitationsPayload | null {
    const known = this.#citations.length;
    const goesOn = more >= this.#more && isSame(this.#citations, add.slice(0, known));
    // A stream that was read anew may have others.
    if (!goesOn) return null;
    return { add: add.slice(known), more: more - this.#more };
  }

  draw(el: HTMLElement): (payload: CitationsPayload) => void {
    const list = element("ol");
    const note = element("div", { class: "nbs-note" });
    const box = element("section", { class: "nbs-citations" }, element("strong", {}, "Sources"), list, note);
    box.setAttribute("aria-label", "Sources");
    el.append(box);
    return ({ add }) => {
      list.append(...add.map(drawCitation));
      note.hidden = this.#more === 0;
      note.textContent = `… ${formatCount(this.#more, "more citation")}`;
    };
  }
}

function drawCitation([title, url, quote]: Citation): HTMLElement {
  // Without a title, the kernel sends the address as the title.
  const name = (title === url ? escapeInvisibleInCode(title) : title) || "Untitled";
  const item = element("li", {}, isAddress(url) ? createLink(url, name) : name);
  if (quote) item.append(" ", element("q", {}, quote));
  return item;
}

/** Check whether a link may lead to an address: only http and https may. */
export function isAddress(url: string): boolean {
  return ADDRESS.test(url) && URL.canParse(url);
}

function createLink(href: string, words: string): HTMLElement {
  return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, words);
}

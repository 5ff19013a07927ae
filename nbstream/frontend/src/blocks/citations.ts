// The sources that an answer refers to, numbered: each is `[title, url, quote]`.
import type { Payload } from "../protocol.ts";
import { element } from "../ui/dom.ts";
import { count } from "../ui/format.ts";
import { visibleCode } from "../ui/invisible_characters.ts";
import type { Block } from "./base/block.ts";

type Entry = [string, string, string];

const ADDRESS = /^https?:\/\/[^\s<>"\\]+$/i;

export class CitationsBlock implements Block {
  #entries: Entry[] = [];
  #more = 0;

  apply({ add, more = 0 }: Payload): void {
    this.#entries.push(...(add as Entry[]));
    this.#more += more;
  }

  state(): Payload {
    const state: Payload = { add: this.#entries };
    return this.#more > 0 ? { ...state, more: this.#more } : state;
  }

  diff({ add, more = 0 }: Payload): Payload {
    return { add: (add as Entry[]).slice(this.#entries.length), more: more - this.#more };
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const list = element("ol");
    const note = element("div", { class: "nbs-note" });
    const box = element("section", { class: "nbs-citations" }, element("strong", {}, "Sources"), list, note);
    box.setAttribute("aria-label", "Sources");
    el.append(box);
    return ({ add }) => {
      list.append(...(add as Entry[]).map(drawEntry));
      note.hidden = this.#more === 0;
      note.textContent = `… ${count(this.#more, "more citation")}`;
    };
  }
}

function drawEntry([title, url, quote]: Entry): HTMLElement {
  // Without a title it is called by its address.
  const named = (title === url ? visibleCode(title) : title) || "Untitled";
  const item = element("li", {}, isAddress(url) ? link(url, named) : named);
  if (quote) item.append(" ", element("q", {}, quote));
  return item;
}

/** Whether a link may lead there: to the web, and by no other scheme. */
export function isAddress(url: string): boolean {
  return ADDRESS.test(url) && URL.canParse(url);
}

function link(href: string, words: string): HTMLElement {
  return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, words);
}

// What a model thinks before it answers, folded.
import type { Payload } from "../protocol.ts";
import { element, followingTail } from "../ui/dom.ts";
import { count, duration } from "../ui/format.ts";
import { hasUnseen, visible } from "../ui/invisible_characters.ts";
import type { Block } from "./base/block.ts";
import { Growing } from "./base/growing_text.ts";

// A paragraph of its own from here on; see text.ts.
const SPLIT_AT = 2000;

/** Text that grows. Once there is something unseen in it, it is written again with each
 *  delta: whether a mark of direction is named depends on what stands around it. */
class Paragraph {
  readonly node = document.createTextNode("");
  text = "";
  #unseen = false;

  append(text: string): void {
    this.text += text;
    this.#unseen ||= hasUnseen(text);
    if (this.#unseen) this.node.data = visible(this.text);
    else this.node.appendData(text);
  }
}

export class ReasoningBlock extends Growing implements Block {
  elapsed = 0;
  closed = false;

  override apply(payload: Payload): void {
    super.apply(payload);
    this.elapsed = payload["elapsed"] ?? this.elapsed;
    this.closed ||= payload["closed"] === true;
  }

  override state(): Payload {
    const state = { ...super.state(), elapsed: this.elapsed };
    return this.closed ? { ...state, closed: true } : state;
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    // The style sheet shows one of them: whether the stream goes on is the panel's to know.
    const doing = element("span", { class: "nbs-doing" }, "Thinking…");
    const did = element("span", { class: "nbs-did" });
    const size = element("span", { class: "nbs-aside" });
    const body = element("div", { class: "nbs-folded", tabindex: "0", role: "group" });
    body.setAttribute("aria-label", "Reasoning");
    const summary = element("summary", {}, doing, did, size);
    const details = element("details", { class: "nbs-fold nbs-reasoning" }, summary, body);
    el.append(details);
    let shown = "";
    let last: Paragraph | undefined;

    const paragraph = () => {
      const begun = new Paragraph();
      body.append(element("div", {}, begun.node));
      return begun;
    };
    const write = (text: string) => {
      let rest = text;
      last ??= paragraph();
      while (last.text.length > SPLIT_AT && rest.includes("\n")) {
        const end = rest.indexOf("\n");
        last.append(rest.slice(0, end));
        rest = rest.slice(end + 1);
        last = paragraph();
      }
      last.append(rest);
    };
    return ({ text, drop = 0 }) => {
      followingTail(body, () => {
        shown += text;
        if (drop === 0) write(text);
        else {
          // A tenth of all at a time goes, so this is rare.
          shown = shown.slice(drop);
          body.replaceChildren();
          last = undefined;
          write(shown);
        }
      });
      details.toggleAttribute("data-closed", this.closed);
      did.textContent = this.elapsed >= 0.1 ? `Thought for ${duration(this.elapsed)}` : "Thought";
      size.textContent = ` · ${count(this.length, "character")}`;
    };
  }
}

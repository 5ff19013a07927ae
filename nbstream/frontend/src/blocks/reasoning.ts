// The reasoning of a model before its answer, folded.
import { element, followTail } from "../ui/dom.ts";
import { formatCount, formatDuration } from "../ui/format.ts";
import { escapeInvisible, hasInvisible } from "../ui/invisible_characters.ts";
import type { Block } from "./base/block.ts";
import { GrowingText } from "./base/growing_text.ts";
import type { TextPayload } from "./text.ts";

// A paragraph that is longer ends at the next line break: a long text node is slow to change.
const SPLIT_AT = 2000;

/** A growing text node. Once it has invisible characters, it is written anew with each delta:
 *  whether a mark of direction is escaped depends on the text around it. */
class Paragraph {
  readonly node = document.createTextNode("");
  text = "";
  #hasInvisible = false;

  append(text: string): void {
    this.text += text;
    this.#hasInvisible ||= hasInvisible(text);
    if (this.#hasInvisible) this.node.data = escapeInvisible(this.text);
    else this.node.appendData(text);
  }
}

/** Text to add, and how long it took. */
export interface ReasoningPayload extends TextPayload {
  /** Seconds from the beginning to this; missing if there is no text. */
  elapsed?: number;
  /** Something else followed. */
  closed?: true;
}

export class ReasoningBlock extends GrowingText<ReasoningPayload> implements Block<ReasoningPayload> {
  elapsed = 0;
  closed = false;

  override apply(payload: ReasoningPayload): void {
    super.apply(payload);
    this.elapsed = payload.elapsed ?? this.elapsed;
    this.closed ||= payload.closed === true;
  }

  override state(): ReasoningPayload {
    const state = { ...super.state(), elapsed: this.elapsed };
    return this.closed ? { ...state, closed: true } : state;
  }

  override diff(state: ReasoningPayload): ReasoningPayload | null {
    return this.closed && !state.closed ? null : super.diff(state); // that is another
  }

  draw(el: HTMLElement): (payload: ReasoningPayload) => void {
    // The style sheet shows one of these two, by the state of the panel.
    const inProgress = element("span", { class: "nbs-doing" }, "Thinking…");
    const done = element("span", { class: "nbs-did" });
    const size = element("span", { class: "nbs-aside" });
    const body = element("div", { class: "nbs-folded", tabindex: "0", role: "group" });
    body.setAttribute("aria-label", "Reasoning");
    const summary = element("summary", {}, inProgress, done, size);
    const details = element("details", { class: "nbs-fold nbs-reasoning" }, summary, body);
    el.append(details);
    let shown = "";
    let last: Paragraph | undefined;

    const addParagraph = () => {
      const added = new Paragraph();
      body.append(element("div", {}, added.node));
      return added;
    };
    const write = (text: string) => {
      let rest = text;
      last ??= addParagraph();
      while (last.text.length > SPLIT_AT && rest.includes("\n")) {
        const end = rest.indexOf("\n");
        last.append(rest.slice(0, end));
        rest = rest.slice(end + 1);
        last = addParagraph();
      }
      last.append(rest);
    };
    return ({ text, drop = 0 }) => {
      followTail(body, () => {
        shown += text;
        if (drop === 0) write(text);
        else {
          // A tenth of the text is dropped at once, so this is rare.
          shown = shown.slice(drop);
          body.replaceChildren();
          last = undefined;
          write(shown);
        }
      });
      details.toggleAttribute("data-closed", this.closed);
      done.textContent = this.elapsed >= 0.1 ? `Thought for ${formatDuration(this.elapsed)}` : "Thought";
      size.textContent = ` · ${formatCount(this.length, "character")}`;
    };
  }
}

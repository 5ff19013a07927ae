// A tool call of a model, folded: its name, and its arguments as they arrive.
import { element, followTail } from "../ui/dom.ts";
import { formatCount } from "../ui/format.ts";
import { escapeInvisibleInCode } from "../ui/invisible_characters.ts";
import { formatPartialJson } from "../ui/partial_json.ts";
import type { Block } from "./base/block.ts";
import { GrowingText } from "./base/growing_text.ts";
import type { TextPayload } from "./text.ts";

const PREVIEW = 200;
// Each delta formats all of the JSON again: past this length it is shown unformatted.
const MAX_FORMATTED = 200_000;

/** Arguments to add, and what the call is. */
export interface ToolCallPayload extends TextPayload {
  id?: string;
  name?: string;
}

export class ToolCallBlock extends GrowingText<ToolCallPayload> implements Block<ToolCallPayload> {
  id = "";
  name = "";

  override apply(payload: ToolCallPayload): void {
    super.apply(payload);
    this.id = payload.id ?? this.id;
    this.name = payload.name ?? this.name;
  }

  override state(): ToolCallPayload {
    const state = super.state();
    if (this.id) state.id = this.id;
    if (this.name) state.name = this.name;
    return state;
  }

  override diff(state: ToolCallPayload): ToolCallPayload | null {
    const isAnother = (this.id || state.id) !== state.id || (this.name || state.name) !== state.name;
    return isAnother ? null : super.diff(state);
  }

  draw(el: HTMLElement): (payload: ToolCallPayload) => void {
    const name = element("code");
    const preview = element("code", { class: "nbs-preview" });
    const body = element("div", { class: "nbs-folded", tabindex: "0", role: "group" });
    body.setAttribute("aria-label", "Arguments");
    const summary = element("summary", {}, "Tool call ", name, " ", preview);
    const details = element("details", { class: "nbs-fold nbs-tool-call" }, summary, body);
    el.append(details);

    const show = () => {
      name.textContent = escapeInvisibleInCode(this.name);
      preview.textContent = escapeInvisibleInCode(this.text.slice(0, PREVIEW).replace(/\s+/g, " "));
      // While folded, the arguments are not formatted.
      if (details.open)
        followTail(body, () => (body.textContent = escapeInvisibleInCode(this.#formatArguments())));
    };
    details.addEventListener("toggle", show);
    return show;
  }

  #formatArguments(): string {
    if (this.dropped > 0) {
      return `… ${formatCount(this.dropped, "character")} before this\n${this.text}`;
    }
    return this.text.length > MAX_FORMATTED ? this.text : formatPartialJson(this.text);
  }
}

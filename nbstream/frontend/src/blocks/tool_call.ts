// A call that a model asks for, folded: its name, and its arguments as they arrive.
import type { Payload } from "../protocol.ts";
import { element, followingTail } from "../ui/dom.ts";
import { visibleCode } from "../ui/invisible_characters.ts";
import { laidOut } from "../ui/partial_json.ts";
import type { Block } from "./base/block.ts";
import { Growing } from "./base/growing_text.ts";

const PREVIEW = 200;
// Laying out starts anew with each delta: past this the text is shown as it comes.
const MAX_LAID_OUT = 200_000;

export class ToolCallBlock extends Growing implements Block {
  id = "";
  name = "";

  override apply(payload: Payload): void {
    super.apply(payload);
    this.id = payload["id"] ?? this.id;
    this.name = payload["name"] ?? this.name;
  }

  override state(): Payload {
    const state = super.state();
    if (this.id) state["id"] = this.id;
    if (this.name) state["name"] = this.name;
    return state;
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const name = element("code");
    const preview = element("code", { class: "nbs-preview" });
    const body = element("div", { class: "nbs-folded", tabindex: "0", role: "group" });
    body.setAttribute("aria-label", "Arguments");
    const summary = element("summary", {}, "Tool call ", name, " ", preview);
    const details = element("details", { class: "nbs-fold nbs-tool-call" }, summary, body);
    el.append(details);

    const show = () => {
      name.textContent = visibleCode(this.name);
      preview.textContent = visibleCode(this.text.slice(0, PREVIEW).replace(/\s+/g, " "));
      // What is folded is laid out when it is opened.
      if (details.open) followingTail(body, () => (body.textContent = visibleCode(this.#whole())));
    };
    details.addEventListener("toggle", show);
    return show;
  }

  #whole(): string {
    if (this.dropped > 0) {
      return `… ${this.dropped.toLocaleString("en")} characters before this\n${this.text}`;
    }
    return this.text.length > MAX_LAID_OUT ? this.text : laidOut(this.text);
  }
}

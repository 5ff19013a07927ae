// The usage of tokens of an answer, and its speed.
import type { Payload } from "../protocol.ts";
import { element } from "../ui/dom.ts";
import { count, duration } from "../ui/format.ts";
import type { Block } from "./base/block.ts";

// A shorter answer shows the speed of the network, not of the model.
const MIN_STREAMED_S = 0.2;

export class UsageBlock implements Block {
  #usage: Payload = {};

  apply(payload: Payload): void {
    Object.assign(this.#usage, payload);
  }

  state(): Payload {
    return { ...this.#usage };
  }

  diff(state: Payload): Payload {
    return state;
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const line = element("div", { class: "nbs-usage" });
    el.append(line);
    return () => {
      line.textContent = describeUsage(this.#usage).join(" · ");
    };
  }
}

/** Describe each figure that is known. Times are in seconds: `first` from the start to the
 *  first part of the answer, `streamed` from there to the last. */
export function describeUsage(usage: Payload): string[] {
  const parts: string[] = [];
  const tokens = (key: string, of: string, word: string, ofWord: string) => {
    if (usage[key] === undefined && !usage[of]) return;
    const among = usage[of] ? `${figures(usage[of])} ${ofWord}` : "";
    const about = word === "out" && usage["estimated"] ? "≈ " : "";
    if (usage[key] === undefined) parts.push(among);
    else parts.push(`${about}${count(usage[key], "token")} ${word}${among && ` (${among})`}`);
  };
  tokens("input_tokens", "cached_tokens", "in", "cached");
  tokens("output_tokens", "reasoning_tokens", "out", "reasoning");
  const { output_tokens: out, first, streamed } = usage;
  if (out > 1 && streamed >= MIN_STREAMED_S) {
    const pace = out / streamed;
    const about = usage["estimated"] ? "≈ " : "";
    parts.push(`${about}${pace >= 10 ? Math.round(pace).toLocaleString("en") : pace.toFixed(1)} tokens/s`);
  }
  if (first !== undefined)
    parts.push(`first token after ${first < 10 ? `${first.toFixed(2)} s` : duration(first)}`);
  return parts;
}

function figures(value: number): string {
  return value.toLocaleString("en");
}

// What an answer used, and how fast it came.
import type { Payload } from "../protocol.ts";
import { element } from "../ui/dom.ts";
import { count, duration } from "../ui/format.ts";
import type { Block } from "./base/block.ts";

// Under this the pace is that of the network's packets, not of the model.
const MIN_STREAMED = 0.2;

export class UsageBlock implements Block {
  #told: Payload = {};

  apply(payload: Payload): void {
    Object.assign(this.#told, payload);
  }

  state(): Payload {
    return { ...this.#told };
  }

  diff(state: Payload): Payload {
    return state;
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const line = element("div", { class: "nbs-usage" });
    el.append(line);
    return () => {
      line.textContent = usageParts(this.#told).join(" · ");
    };
  }
}

/** Each figure in words; of what is not known, none. Times are in seconds: `first` from
 *  the beginning to the first part of the answer, `streamed` from there to the last. */
export function usageParts(told: Payload): string[] {
  const parts: string[] = [];
  const tokens = (key: string, of: string, word: string, ofWord: string) => {
    if (told[key] === undefined && !told[of]) return;
    // That none of them were cached is no news.
    const among = told[of] ? `${figures(told[of])} ${ofWord}` : "";
    const about = word === "out" && told["estimated"] ? "≈ " : "";
    if (told[key] === undefined) parts.push(among);
    else parts.push(`${about}${count(told[key], "token")} ${word}${among && ` (${among})`}`);
  };
  tokens("input_tokens", "cached_tokens", "in", "cached");
  tokens("output_tokens", "reasoning_tokens", "out", "reasoning");
  const { output_tokens: out, first, streamed } = told;
  if (out > 1 && streamed >= MIN_STREAMED) {
    const pace = out / streamed;
    const about = told["estimated"] ? "≈ " : "";
    parts.push(`${about}${pace >= 10 ? Math.round(pace).toLocaleString("en") : pace.toFixed(1)} tokens/s`);
  }
  if (first !== undefined)
    parts.push(`first token after ${first < 10 ? `${first.toFixed(2)} s` : duration(first)}`);
  return parts;
}

function figures(value: number): string {
  return value.toLocaleString("en");
}

// The usage of tokens of an answer, and its speed.
import { element } from "../ui/dom.ts";
import { formatCount, formatDuration } from "../ui/format.ts";
import type { Block } from "./base/block.ts";

// A shorter answer shows the speed of the network, not of the model.
const MIN_STREAMED_S = 0.2;

/** Values to set; those that are missing keep theirs. */
export interface UsagePayload {
  input_tokens?: number;
  output_tokens?: number;
  cached_tokens?: number;
  reasoning_tokens?: number;
  /** Whether the output tokens are estimated from the answer so far. */
  estimated?: boolean;
  /** Seconds from the beginning to the first part of the answer, and from there to the
   *  last. */
  first?: number;
  streamed?: number;
}

export class UsageBlock implements Block<UsagePayload> {
  #usage: UsagePayload = {};

  apply(payload: UsagePayload): void {
    Object.assign(this.#usage, payload);
  }

  state(): UsagePayload {
    return { ...this.#usage };
  }

  diff(state: UsagePayload): UsagePayload | null {
    // Of a stream that was read again less may be known.
    return Object.keys(this.#usage).every((key) => key in state) ? state : null;
  }

  draw(el: HTMLElement): (payload: UsagePayload) => void {
    const line = element("div", { class: "nbs-usage" });
    el.append(line);
    return () => {
      line.textContent = describeUsage(this.#usage).join(" · ");
    };
  }
}

type Count = "input_tokens" | "output_tokens" | "cached_tokens" | "reasoning_tokens";

/** Describe each figure that is known. */
export function describeUsage(usage: UsagePayload): string[] {
  const parts: string[] = [];
  const tokens = (key: Count, of: Count, word: string, ofWord: string) => {
    const [all, some] = [usage[key], usage[of]];
    if (all === undefined && !some) return;
    const among = some ? `${formatFigures(some)} ${ofWord}` : "";
    const about = word === "out" && usage.estimated ? "≈ " : "";
    if (all === undefined) parts.push(among);
    else parts.push(`${about}${formatCount(all, "token")} ${word}${among && ` (${among})`}`);
  };
  tokens("input_tokens", "cached_tokens", "in", "cached");
  tokens("output_tokens", "reasoning_tokens", "out", "reasoning");
  const { output_tokens: out = 0, first, streamed = 0 } = usage;
  if (out > 1 && streamed >= MIN_STREAMED_S) {
    const pace = out / streamed;
    const about = usage.estimated ? "≈ " : "";
    parts.push(`${about}${pace >= 10 ? Math.round(pace).toLocaleString("en") : pace.toFixed(1)} tokens/s`);
  }
  if (first !== undefined)
    parts.push(`first token after ${first < 10 ? `${first.toFixed(2)} s` : formatDuration(first)}`);
  return parts;
}

function formatFigures(value: number): string {
  return value.toLocaleString("en");
}

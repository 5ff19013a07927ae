// Progress bars, by name; the last state of each counts.
import { element } from "../dom.ts";
import { duration, figure } from "../format.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";

interface Bar {
  current?: number;
  total?: number;
  percent?: number;
  message?: string;
  /** Seconds since the bar began, and the percent it began with. */
  elapsed: number;
  first: number;
}

export class ProgressBlock implements Block {
  #bars: Record<string, Bar> = {};

  apply({ bars, gone = [] }: Payload): void {
    for (const name of gone) delete this.#bars[name];
    Object.assign(this.#bars, bars);
  }

  state(): Payload {
    return { bars: this.#bars };
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const rows = new Map<string, ReturnType<typeof drawBar>>();
    return ({ bars, gone = [] }) => {
      for (const name of gone) {
        rows.get(name)?.el.remove();
        rows.delete(name);
      }
      for (const [name, bar] of Object.entries(bars as Record<string, Bar>)) {
        let row = rows.get(name);
        if (row === undefined) {
          row = drawBar(name);
          rows.set(name, row);
          el.append(row.el);
        }
        row.update(bar);
      }
    };
  }
}

function drawBar(name: string) {
  const bar = element("progress", { max: "100", "aria-label": name || "Progress" });
  const label = element("span", { class: "nbs-bar-name" }, name);
  const words = element("span", { class: "nbs-bar-words" });
  const el = element("div", { class: "nbs-bar" }, label, bar, words);
  label.hidden = name === "";
  return {
    el,
    update(state: Bar) {
      if (state.percent === undefined) bar.removeAttribute("value");
      else bar.value = state.percent;
      el.classList.toggle("nbs-done", state.percent === 100);
      words.textContent = describe(state);
    },
  };
}

function describe(bar: Bar): string {
  const parts: string[] = [];
  if (bar.percent !== undefined) parts.push(`${Math.floor(bar.percent)} %`);
  if (bar.current !== undefined) {
    const total = bar.total === undefined ? "" : ` of ${figure(bar.total)}`;
    parts.push(figure(bar.current) + total);
  }
  const left = eta(bar);
  if (left !== null) parts.push(`ETA ${duration(left)}`);
  if (bar.message) parts.push(bar.message);
  return parts.join(" · ");
}

/** Seconds left at the pace so far, or null where there is no telling. */
export function eta({ percent, elapsed, first }: Bar): number | null {
  if (percent === undefined || percent >= 100 || percent <= first || elapsed <= 0) return null;
  return (elapsed / (percent - first)) * (100 - percent);
}

// Progress bars, by name; the last state of each counts. `run/epoch 3` is shown under `run`.
import { element, setText } from "../ui/dom.ts";
import { formatCount, formatDuration, formatNumber, formatRate } from "../ui/format.ts";
import { escapeInvisibleInCode } from "../ui/invisible_characters.ts";
import type { Block } from "./base/block.ts";

/** One bar; unknown values are left out. */
export interface Bar {
  current?: number;
  total?: number;
  percent?: number;
  message?: string;
  /** Seconds from the bar's beginning to this state of it. */
  elapsed: number;
  /** The percent it began with, and the count. */
  first: number;
  from?: number;
}

/** Bars that changed, by name; applied after evictions. */
export interface ProgressPayload {
  bars: Record<string, Bar>;
  /** Names of evicted bars. */
  gone?: string[];
  /** How many were evicted in all; missing if that is zero or did not change. */
  dropped?: number;
}

export class ProgressBlock implements Block<ProgressPayload> {
  // A bar may be called `__proto__`.
  #bars: Record<string, Bar> = Object.create(null);
  /** How many bars were evicted in all. */
  #dropped = 0;

  apply({ bars, gone = [], dropped = this.#dropped }: ProgressPayload): void {
    for (const name of gone) delete this.#bars[name];
    Object.assign(this.#bars, bars);
    this.#dropped = dropped;
  }

  state(): ProgressPayload {
    const state: ProgressPayload = { bars: { ...this.#bars } };
    return this.#dropped > 0 ? { ...state, dropped: this.#dropped } : state;
  }

  diff({ bars, dropped = 0 }: ProgressPayload): ProgressPayload {
    const gone = Object.keys(this.#bars).filter((name) => !Object.hasOwn(bars, name));
    return dropped === this.#dropped ? { bars, gone } : { bars, gone, dropped };
  }

  draw(el: HTMLElement): (payload: ProgressPayload) => void {
    const rows = new Map<string, ReturnType<typeof drawBar>>();
    const note = element("div", { class: "nbs-note" });
    el.append(note);
    return ({ bars, gone = [] }) => {
      note.hidden = this.#dropped === 0;
      note.textContent = `… ${formatCount(this.#dropped, "bar")} before these`;
      const before = rows.size;
      for (const name of gone) {
        rows.get(name)?.el.remove();
        rows.delete(name);
      }
      const changed = Object.entries(bars);
      const fresh = changed.filter(([name]) => !rows.has(name));
      for (const [name] of fresh) rows.set(name, drawBar(name));
      if (fresh.length > 0 || rows.size !== before) {
        for (const { name, depth, label } of nestNames([...rows.keys()])) {
          const row = rows.get(name)!;
          row.place(depth, label);
          el.append(row.el);
        }
      }
      for (const [name, bar] of changed) rows.get(name)!.update(bar);
    };
  }
}

/** Nest bars as a tree: the parent of a bar is the one with the longest name that its own
 *  begins with, and its label is the rest. The twin of `nest_names` in
 *  `nbstream/content/blocks/progress_format.py`. */
export function nestNames(names: string[]): { name: string; depth: number; label: string }[] {
  const known = new Set(names);
  const below = new Map<string | null, { name: string; label: string }[]>();
  for (const name of names) {
    let parent: string | null = null;
    let label = name;
    for (const cut of name.matchAll(/\/| › /g)) {
      const outer = name.slice(0, cut.index);
      if (!known.has(outer) || outer === "") continue;
      parent = outer;
      label = name.slice(cut.index + cut[0].length);
    }
    below.set(parent, [...(below.get(parent) ?? []), { name, label }]);
  }
  const walk = (parent: string | null, depth: number): ReturnType<typeof nestNames> =>
    (below.get(parent) ?? []).flatMap(({ name, label }) => [
      { name, depth, label },
      ...walk(name, depth + 1),
    ]);
  return walk(null, 0);
}

// Deeper than this the bars would have no room left.
const DEEPEST = 6;

function drawBar(name: string) {
  const bar = element("progress", { max: "100", "aria-label": escapeInvisibleInCode(name) || "Progress" });
  const label = element("span", { class: "nbs-bar-name", title: escapeInvisibleInCode(name) });
  const words = element("span", { class: "nbs-bar-words" });
  const el = element("div", { class: "nbs-bar" }, label, bar, words);
  label.hidden = name === "";
  return {
    el,
    place(depth: number, text: string) {
      label.textContent = escapeInvisibleInCode(text);
      el.style.paddingInlineStart = `${Math.min(depth, DEEPEST) * 1.4}em`;
    },
    update(state: Bar) {
      const percent = roundDownPercent(state, 1);
      if (percent === undefined) bar.removeAttribute("value");
      else bar.value = percent;
      const over = excess(state) > 0;
      el.classList.toggle("nbs-done", percent === 100 && !over);
      el.classList.toggle("nbs-over", over);
      setText(words, describeBar(state));
    },
  };
}

const excess = ({ current = 0, total = current }: Bar) => current - total;

/** A bar's percent rounded down: 100 only if it is complete. The twin of
 *  `round_down_percent` in `nbstream/content/blocks/progress_format.py`. */
export function roundDownPercent(bar: Bar, decimals: 0 | 1): number | undefined {
  const { percent, current = 0, total = 0 } = bar;
  if (percent === undefined || percent >= 100) return percent;
  const scale = 10 ** decimals;
  // The sum makes up for what floats lose.
  const shown = Math.floor(percent * scale + 1e-9) / scale;
  return shown < 100 || (total > 0 && current >= total) ? shown : 100 - 1 / scale;
}

/** A bar in words. */
export function describeBar(bar: Bar): string {
  const parts: string[] = [];
  const percent = roundDownPercent(bar, 0);
  if (percent !== undefined) parts.push(`${percent} %`);
  if (bar.current !== undefined) {
    const total = bar.total === undefined ? "" : ` of ${formatNumber(bar.total)}`;
    parts.push(formatNumber(bar.current) + total);
  }
  if (bar.total !== undefined && excess(bar) > 0) parts.push(`${formatNumber(excess(bar))} over`);
  const speed = computePace(bar);
  if (speed !== null) parts.push(formatRate(speed));
  const left = computeEta(bar);
  if (left !== null) parts.push(`ETA ${formatDuration(left)}`);
  if (percent === 100 && bar.elapsed > 0.05) parts.push(`in ${formatDuration(bar.elapsed)}`);
  if (bar.message) parts.push(bar.message);
  return parts.join(" · ");
}

/** Compute how much was counted each second; null if it is unknown. */
export function computePace({ current, from = 0, elapsed }: Bar): number | null {
  if (current === undefined || current <= from || elapsed <= 0) return null;
  return (current - from) / elapsed;
}

/** Compute the seconds left at the pace so far; null if they are unknown. */
export function computeEta(bar: Bar): number | null {
  const { percent, elapsed, first } = bar;
  if (percent === undefined || roundDownPercent(bar, 0) === 100 || percent <= first || elapsed <= 0)
    return null;
  return (elapsed / (percent - first)) * (100 - percent);
}

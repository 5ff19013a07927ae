// One chart of metrics, drawn by uPlot: only as many points as its width can show, in the
// colours of the page.
import uPlot from "uplot";
import { element, setText } from "../ui/dom.ts";
import { formatNumber } from "../ui/format.ts";
import { escapeInvisible, escapeInvisibleInCode } from "../ui/invisible_characters.ts";
import { alignSeries, downsample, type Series } from "./series.ts";

// Each has a contrast of 3:1 or more to white and to the dark themes' grey, so that a line
// has the same colour live, frozen, and in any theme that is chosen later.
const COLOURS = "#2a7fd4 #d9730d #2f9e44 #d6409f #8e6fe0 #12949e #e5484d #9a7b1c".split(" ");
const DASHES = [[], [6, 4], [2, 3]];
/** Lines in one chart that can still be distinguished. */
const MAX_LINES = COLOURS.length * DASHES.length;
const HEIGHT = 160;
const WHOLE_STEPS = Array.from({ length: 15 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat();

export class Chart {
  readonly el: HTMLElement;
  readonly #legend = element("ul", { class: "nbs-legend" });
  readonly #at = element("span", { class: "nbs-chart-at" });
  readonly #log: HTMLButtonElement;
  readonly #box = element("div", { class: "nbs-chart-box", role: "img" });
  readonly #note = element("div", { class: "nbs-note" });
  #values: HTMLElement[] = [];
  #names = "";
  #series: Series[] = [];
  #plot: uPlot | null = null;
  #logarithmic = false;
  #hasWholeSteps = true;

  constructor(group: string) {
    this.#log = element("button", { type: "button", class: "nbs-log-axis" }, "log");
    this.#log.setAttribute("aria-label", escapeInvisible(`Logarithmic axis for ${group}`));
    this.#log.setAttribute("aria-pressed", "false");
    this.#log.addEventListener("click", () => {
      this.#logarithmic = !this.#logarithmic;
      this.#log.setAttribute("aria-pressed", String(this.#logarithmic));
      this.release();
      this.draw();
    });
    const head = element("div", { class: "nbs-chart-head" }, this.#legend, this.#log);
    const stage = element("div", { class: "nbs-chart-stage" }, this.#box, this.#at);
    this.el = element("div", { class: "nbs-chart" }, head, stage, this.#note);
  }

  /** Set the lines to show. */
  show(series: Series[]): void {
    this.#series = series.slice(0, MAX_LINES);
    const names = JSON.stringify(this.#series.map((one) => one.name));
    if (names !== this.#names) {
      this.#names = names;
      this.release();
      this.#legend.replaceChildren(...this.#series.map((one, i) => this.#createEntry(one.name, i)));
      this.#values = [...this.#legend.querySelectorAll<HTMLElement>(".nbs-legend-value")];
      const all = this.#series.map((one) => one.name).join(", ");
      const label = `Chart of ${all}; its figures are in the table`;
      this.#box.setAttribute("aria-label", escapeInvisible(label));
    }
    const notes: string[] = [];
    for (const { name, gaps } of this.#series) {
      if (gaps > 0) notes.push(`${name}: gaps where ${gaps} of its values cannot be drawn`);
    }
    const more = series.length - this.#series.length;
    if (more > 0) notes.push(`${more} more lines are in the table only`);
    setText(this.#note, notes.join(" · "));
    this.#note.hidden = notes.length === 0;
    this.draw();
  }

  /** Draw at the present width; while hidden, hold no canvas. */
  draw(): void {
    const width = Math.floor(this.#box.clientWidth);
    if (width <= 0) {
      this.release();
      return;
    }
    this.#hasWholeSteps = this.#series.every((one) => one.xs.every(Number.isInteger));
    const data = alignSeries(this.#series.map((one) => downsample(one.xs, this.#heights(one), width)));
    if (this.#plot === null) {
      this.#plot = new uPlot(this.#options(width), data as uPlot.AlignedData, this.#box);
    } else {
      if (this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT });
      this.#plot.setData(data as uPlot.AlignedData);
    }
    this.#showValues();
  }

  /** Draw again in the colours that the page has now. */
  repaint(): void {
    this.#plot?.redraw();
  }

  /** Remove the canvas, and uPlot's listeners on the window. */
  release(): void {
    this.#plot?.destroy();
    this.#plot = null;
  }

  #heights(series: Series): (number | null)[] {
    if (!this.#logarithmic) return series.ys;
    return series.ys.map((y) => (y !== null && y > 1e-30 ? y : null));
  }

  #createEntry(name: string, index: number): HTMLElement {
    const swatch = element("span", { class: "nbs-swatch", "aria-hidden": "true" });
    swatch.style.borderTopColor = COLOURS[index % COLOURS.length]!;
    swatch.style.borderTopStyle = ["solid", "dashed", "dotted"][dashOf(index)]!;
    const shown = escapeInvisibleInCode(name);
    const label = element("span", { class: "nbs-legend-name", title: shown }, shown);
    return element("li", {}, swatch, label, element("span", { class: "nbs-legend-value" }));
  }

  /** Show the values under the pointer, or otherwise the latest. */
  #showValues(): void {
    const idxs = this.#plot?.cursor.idxs;
    const hovering = this.#plot !== null && (this.#plot.cursor.left ?? -1) >= 0;
    const x = hovering ? this.#plot!.data[0][this.#plot!.cursor.idx ?? 0] : undefined;
    this.#at.textContent = x === undefined ? "" : `at ${formatNumber(x)}`;
    this.#series.forEach((one, i) => {
      const at = hovering ? idxs?.[i + 1] : null;
      const value = at == null ? null : this.#plot!.data[i + 1]![at];
      const shown = x === undefined ? one.last : (value ?? "–");
      this.#values[i]!.textContent = typeof shown === "number" ? formatNumber(shown) : shown;
    });
  }

  #options(width: number): uPlot.Options {
    const style = () => getComputedStyle(this.#box);
    const axis: uPlot.Axis = {
      stroke: () => style().color,
      grid: { stroke: () => style().borderTopColor, width: 1 },
      ticks: { show: false },
      font: `11px ${style().fontFamily}`,
      gap: 4,
    };
    const labels: uPlot.Axis.DynamicValues = (_, splits) =>
      splits.map((split) => (split === null ? null : formatTick(split)));
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 12, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { time: false, range: (_, min, max) => padRange(min, max, 0) },
        y: this.#logarithmic
          ? { distr: 3, range: (_, min, max) => computeDecades(min, max) }
          : { range: (_, min, max) => padRange(min, max, 0.06) },
      },
      series: [
        {},
        ...this.#series.map(
          (one, i): uPlot.Series => ({
            label: one.name,
            stroke: COLOURS[i % COLOURS.length]!,
            width: 1.5,
            dash: DASHES[dashOf(i)]!,
            points: { size: 4 },
          }),
        ),
      ],
      axes: [
        { ...axis, size: 24, values: labels, ...(this.#hasWholeSteps ? { incrs: WHOLE_STEPS } : {}) },
        {
          ...axis,
          // On a logarithmic axis some ticks have no label: uPlot passes null for them.
          values: labels,
          space: 28,
          size: (_, values) => 14 + 6.5 * Math.max(3, ...(values ?? []).map((v) => v?.length ?? 0)),
        },
      ],
      hooks: { setCursor: [() => this.#showValues()] },
    };
  }
}

const dashOf = (index: number) => Math.floor(index / COLOURS.length) % DASHES.length;

/** Format a number for an axis, which has little room. */
function formatTick(value: number): string {
  return Math.abs(value) < 1e6 ? formatNumber(value) : Number(value.toPrecision(4)).toExponential();
}

/** Compute the range of an axis: never empty, and never so narrow for its numbers that
 *  adding the distance of two ticks changes nothing, which would loop for ever. */
function padRange(min: number | null, max: number | null, pad: number): [number, number] {
  if (min === null || max === null) return [0, 1];
  const size = Math.max(Math.abs(min), Math.abs(max));
  if (max - min <= size * 1e-9) {
    const room = size * 0.05 || 1;
    return [min - room, max + room];
  }
  const room = (max - min) * pad;
  return [min - room, max + room];
}

/** Compute the range of a logarithmic axis: whole decades. */
function computeDecades(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || min <= 0) return [1, 10];
  const [from, to] = uPlot.rangeLog(min, max, 10, false);
  return [from ?? 1, to ?? 10];
}

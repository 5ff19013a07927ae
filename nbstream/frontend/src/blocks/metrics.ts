// Metrics: a chart for each thing measured, and all figures in a table.
import { Chart } from "../charts/chart.ts";
import { collectSeries, groupOf, type Point, type Series } from "../charts/series.ts";
import { element } from "../ui/dom.ts";
import { formatCount, formatNumber } from "../ui/format.ts";
import { escapeInvisibleInCode } from "../ui/invisible_characters.ts";
import type { Block } from "./base/block.ts";
import { countDropped, EntryList, type ListPayload } from "./base/entry_list.ts";

/** Charts that are drawn; the table has the other metrics. */
const MAX_CHARTS = 24;
/** As in nbstream/content/blocks/metrics.py: drawing thousands of rows again and again would
 *  block the page. */
const MAX_ROWS = 200;
const COLUMNS = ["metric", "value", "step", "min", "max", "points"];

/** Points of all series, in the order of arrival. */
export type MetricsPayload = ListPayload<Point>;

export class MetricsBlock extends EntryList<Point> implements Block<MetricsPayload> {
  draw(el: HTMLElement): (payload: MetricsPayload) => void {
    const note = element("p", { class: "nbs-note" });
    const more = element("p", { class: "nbs-note", hidden: "" });
    const omitted = countDropped(note, "point");
    const charts = new Charts();
    const table = createFiguresTable();
    const unlisted = element("p", { class: "nbs-note", hidden: "" });
    el.append(note, charts.el, more, table.el, unlisted);
    let waiting = false;
    const redraw = () => {
      waiting = false;
      const series = charts.inOrder(collectSeries(this.entries));
      const left = charts.show(series);
      more.hidden = left === 0;
      more.textContent = `${left.toLocaleString("en")} more metrics have no chart`;
      const beyond = series.length - MAX_ROWS;
      table.show(series.slice(0, MAX_ROWS));
      unlisted.hidden = beyond <= 0;
      unlisted.textContent = `… ${formatCount(beyond, "more metric")}`;
    };
    return (payload) => {
      omitted(payload);
      // The points are all here, so several changes within one frame draw once.
      if (!waiting) queueMicrotask(redraw);
      waiting = true;
    };
  }
}

/** A chart for each group of series, as wide as there is room. */
class Charts {
  readonly el = element("div", { class: "nbs-charts" });
  readonly #charts = new Map<string, Chart>();
  #order = new Map<string, number>();

  constructor() {
    // The observer reports every width, and 0 when the panel is removed from the page or
    // hidden: the charts then release their canvases, and draw again once there is a width.
    // It lives as long as the element.
    new ResizeObserver(() => {
      for (const chart of this.#charts.values()) chart.draw();
    }).observe(this.el);
    // The theme changed: the style sheet makes that a transition of no visible length,
    // which a host that changes its theme in several steps may cancel.
    for (const over of ["transitionend", "transitioncancel"]) {
      this.el.addEventListener(over, () => {
        for (const chart of this.#charts.values()) chart.repaint();
      });
    }
  }

  /** Sort series in the order of their first points, also after these were dropped: a line
   *  keeps its colour. */
  inOrder(series: Series[]): Series[] {
    const order = new Map<string, number>();
    const place = (name: string) => this.#order.get(name) ?? Number.POSITIVE_INFINITY;
    const sorted = [...series].sort((a, b) => place(a.name) - place(b.name) || 0);
    for (const { name } of sorted) order.set(name, order.size);
    this.#order = order;
    return sorted;
  }

  /** Draw a chart for each group; returns how many series have no chart. */
  show(series: Series[]): number {
    const groups = new Map<string, Series[]>();
    for (const one of series) {
      const group = groupOf(one.name);
      const lines = groups.get(group);
      if (lines !== undefined) lines.push(one);
      else groups.set(group, [one]);
    }
    const shown = new Map([...groups].slice(0, MAX_CHARTS));
    for (const [group, chart] of this.#charts) {
      if (shown.has(group)) continue;
      chart.release();
      chart.el.remove();
      this.#charts.delete(group);
    }
    for (const group of shown.keys()) {
      if (this.#charts.has(group)) continue;
      const chart = new Chart(group);
      this.#charts.set(group, chart);
      this.el.append(chart.el);
    }
    for (const [group, lines] of shown) this.#charts.get(group)!.show(lines);
    return [...groups.values()].slice(MAX_CHARTS).flat().length;
  }
}

function createFiguresTable() {
  const body = element("tbody");
  const titles = COLUMNS.map((title, i) => {
    return element("th", { scope: "col", class: i > 0 ? "nbs-number" : "" }, title);
  });
  const head = element("thead", {}, element("tr", {}, ...titles));
  const table = element("table", { class: "nbs-table", "aria-label": "Metrics" }, head, body);
  const el = element("div", { class: "nbs-figures-table", tabindex: "0", role: "group" }, table);
  el.setAttribute("aria-label", "Figures");
  const rows = new Map<string, HTMLTableRowElement>();
  return {
    el,
    show(series: Series[]) {
      const names = new Set(series.map((one) => one.name));
      for (const [name, row] of rows) {
        if (names.has(name)) continue;
        row.remove();
        rows.delete(name);
      }
      for (const one of series) {
        let row = rows.get(one.name);
        if (row === undefined) {
          const cells = COLUMNS.slice(1).map(() => element("td", { class: "nbs-number" }));
          row = element("tr", {}, element("th", { scope: "row" }, escapeInvisibleInCode(one.name)), ...cells);
          rows.set(one.name, row);
          body.append(row);
        }
        const figures = [one.last, one.step, one.min, one.max, one.points];
        figures.forEach((value, i) => {
          const text = typeof value === "number" ? formatNumber(value) : (value ?? "");
          const td = row.cells[i + 1]!;
          if (td.textContent !== text) td.textContent = text;
        });
      }
    },
  };
}

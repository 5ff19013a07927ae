// The view of a log: its lines in a virtual list, with controls to filter and search them.
import { stripAnsi } from "../ui/ansi.ts";
import { element } from "../ui/dom.ts";
import { formatCount } from "../ui/format.ts";
import { LogControls } from "./log_controls.ts";
import { createLine, createProbe, getShownLevel, padLevel } from "./log_line.ts";
import { findAtLeast, type LogEntry, LogLines } from "./log_lines.ts";
import { VirtualList } from "./virtual_list.ts";

/** Fewer lines than this need no search. */
const CONTROLS_FROM = 21;
const ROW_PX = 19; // until it is measured

export class LogView {
  readonly #lines = new LogLines();
  readonly #list: VirtualList<number>;
  readonly #scroller = element("div", {
    class: "nbs-log",
    role: "group",
    tabindex: "0",
    "aria-label": "Log lines",
  });
  readonly #note = element("div", { class: "nbs-note" });
  readonly #box = element("div", { class: "nbs-log-box" });
  readonly #news = element("button", { type: "button", class: "nbs-log-news" });
  #controls: LogControls | null = null;
  #unseen = 0;
  #current = -1; // the found line that the reader has stepped to
  #widest = 0;
  #labelled = false; // from the first line on that has a level to show

  constructor(el: HTMLElement) {
    this.#news.hidden = true;
    this.#news.addEventListener("click", () => {
      this.#scroller.focus({ preventScroll: true }); // the button disappears
      this.#list.scrollToEnd();
    });
    const rows = element("div", { class: "nbs-virtual-rows" });
    const spacers = [element("div"), element("div")] as const;
    const probe = createProbe();
    this.#scroller.append(element("div", { class: "nbs-virtual" }, probe, spacers[0], rows, spacers[1]));
    this.#box.append(element("div", { class: "nbs-log-area" }, this.#scroller, this.#news));
    this.#list = new VirtualList({
      scroller: this.#scroller,
      rows,
      spacers,
      rowHeight: ROW_PX,
      probe,
      key: (index) => this.#lines.shown[index]!,
      indexOf: (n) => findAtLeast(this.#lines.shown, n),
      draw: (index) => this.#drawLine(this.#lines.shown[index]!),
      followed: () => this.#showUnseen(0),
    });
    el.append(this.#note, this.#box);
  }

  /** Show the lines of the log.
   *
   *  @param entries All lines that are kept.
   *  @param first The number of the first of them.
   *  @param undo How many of the last lines that were shown are overwritten. */
  update(entries: readonly LogEntry[], first: number, undo: number): void {
    this.#note.hidden = first === 0;
    this.#note.textContent = `… ${formatCount(first, "line")} before these`;
    for (const n of this.#lines.undo(undo)) this.#list.forget(n);
    const fresh = this.#lines.update(entries, first);
    if (this.#controls === null && first + entries.length >= CONTROLS_FROM) this.#addControls();
    const newest = entries.slice(Math.max(entries.length - fresh - 1, 0));
    if (!this.#labelled && newest.some((entry) => getShownLevel(entry) !== "")) {
      this.#labelled = true;
      this.#list.redraw(this.#lines.shown.length);
    }
    this.#list.update(this.#lines.shown.length);
    this.#showUnseen(this.#list.follows ? 0 : this.#unseen + fresh);
    this.#showFound();
  }

  /** Add the controls. They take their room from the lines, so that nothing below moves. */
  #addControls(): void {
    this.#controls = new LogControls({
      filter: (level) => {
        this.#lines.filter(level);
        this.#redraw();
      },
      search: (text) => {
        this.#lines.search(text);
        this.#current = -1;
        this.#redraw();
      },
      step: (by) => this.#step(by),
      leave: () => this.#scroller.focus({ preventScroll: true }),
      getText: () => this.#getText(),
    });
    this.#box.prepend(this.#controls.el);
  }

  /** Draw other lines than before, or all of them otherwise. */
  #redraw(): void {
    this.#showUnseen(0);
    this.#list.redraw(this.#lines.shown.length);
    this.#showFound();
  }

  /** Go to the next found line, or the previous; the first comes after the last. */
  #step(by: 1 | -1): void {
    const { found, shown } = this.#lines;
    if (found.length === 0) return;
    // The first step starts from what is in view.
    const [top, end] = this.#list.inView();
    const from = this.#current >= 0 ? this.#current : (shown[by > 0 ? top : end - 1] ?? 0) - by;
    const at = by > 0 ? findAtLeast(found, from + 1) : findAtLeast(found, from) - 1;
    this.#current = found[(at + found.length) % found.length]!;
    this.#list.scrollToRow(findAtLeast(shown, this.#current));
    this.#list.redraw(shown.length);
    this.#showFound();
  }

  #drawLine(n: number): HTMLElement {
    const find = (text: string) => this.#lines.findIn(text);
    const line = createLine(this.#lines.entry(n), this.#labelled, find, n === this.#current);
    // Rows are added and removed; the width to scroll to only grows.
    const width = Math.min(line.textContent.length, 20_000);
    if (width > this.#widest) {
      this.#widest = width;
      this.#scroller.style.setProperty("--nbs-log-width", `${width}ch`);
    }
    return line;
  }

  #showFound(): void {
    this.#controls?.showFound(this.#lines.found, this.#current);
  }

  #showUnseen(unseen: number): void {
    this.#unseen = unseen;
    this.#news.hidden = unseen === 0;
    if (unseen > 0) this.#news.textContent = `↓ ${formatCount(unseen, "new line")}`;
  }

  #getText(): { text: string; lines: number } {
    const { shown } = this.#lines;
    const text = shown.map((n) => {
      const entry = this.#lines.entry(n);
      return (this.#labelled ? padLevel(entry) : "") + stripAnsi(entry[1]);
    });
    return { text: text.join("\n"), lines: shown.length };
  }
}

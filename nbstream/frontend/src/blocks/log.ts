// Log lines: a window on them, and what it takes to find something in them.

import { LogControls } from "../lists/log_controls.ts";
import { emptyLine, label, lineElement, shownLevel } from "../lists/log_line.ts";
import { type Entry, firstAtLeast, LogLines } from "../lists/log_lines.ts";
import { Window } from "../lists/virtual_list.ts";
import type { Payload } from "../protocol.ts";
import { plain } from "../ui/ansi.ts";
import { element } from "../ui/dom.ts";
import { count } from "../ui/format.ts";
import type { Block } from "./base/block.ts";
import { Listing } from "./base/entry_list.ts";

/** Fewer lines than this are found by looking. */
const CONTROLS_FROM = 21;

export class LogBlock extends Listing<Entry> implements Block {
  override apply(payload: Payload): void {
    // Lines that are written over, as after a carriage return.
    if (payload["undo"]) this.entries.length -= Math.min(payload["undo"], this.entries.length);
    super.apply(payload);
  }

  override diff(state: Payload): Payload {
    const [entries, first] = [state["add"] as Entry[], state["dropped"] as number];
    const behind = super.diff(state);
    const last = this.dropped + this.entries.length - 1 - first;
    const same = JSON.stringify(this.entries.at(-1)) === JSON.stringify(entries[last]);
    // The last line that is known here may have been written over since.
    return last < 0 || same ? behind : { ...behind, undo: 1, add: entries.slice(last) };
  }

  draw(el: HTMLElement): (payload: Payload) => void {
    const view = new LogView(el);
    return ({ undo = 0 }) => view.update(this.entries, this.dropped, undo);
  }
}

class LogView {
  readonly #lines = new LogLines();
  readonly #window: Window;
  readonly #note = element("div", { class: "nbs-note" });
  readonly #box = element("div", { class: "nbs-log-box" });
  readonly #news = element("button", { type: "button", class: "nbs-log-news" });
  #controls: LogControls | null = null;
  #unseen = 0;
  #current = -1; // the line that was searched for and gone to
  #widest = 0;
  #labelled = false; // from the first line on that has a level to show

  constructor(el: HTMLElement) {
    const scroller = element("div", {
      class: "nbs-log",
      role: "group",
      tabindex: "0",
      "aria-label": "Log lines",
    });
    this.#news.hidden = true;
    this.#news.addEventListener("click", () => {
      scroller.focus({ preventScroll: true }); // the button goes
      this.#window.toEnd();
    });
    this.#box.append(element("div", { class: "nbs-log-area" }, scroller, this.#news));
    this.#window = new Window(scroller, {
      key: (index) => this.#lines.shown[index]!,
      draw: (index) => this.#line(this.#lines.shown[index]!),
      followed: () => this.#tell(0),
      probe: emptyLine(),
    });
    el.append(this.#note, this.#box);
  }

  update(entries: readonly Entry[], first: number, undo: number): void {
    this.#note.hidden = first === 0;
    this.#note.textContent = `… ${count(first, "line")} before these`;
    for (const n of this.#lines.undo(undo)) this.#window.forget(n);
    const { gone, fresh } = this.#lines.update(entries, first);
    if (this.#controls === null && first + entries.length >= CONTROLS_FROM) this.#control();
    const fromEnd = entries.slice(Math.max(entries.length - fresh - 1, 0));
    if (!this.#labelled && fromEnd.some((entry) => shownLevel(entry) !== "")) {
      this.#labelled = true;
      this.#window.redraw(this.#lines.shown.length);
    }
    this.#window.update(this.#lines.shown.length, gone);
    this.#tell(this.#window.follows ? 0 : this.#unseen + fresh);
    this.#controls?.found(this.#lines.found, this.#current);
  }

  /** The controls take their room from the lines, so that nothing below moves. */
  #control(): void {
    this.#controls = new LogControls({
      level: (level) => {
        this.#lines.filter(level);
        this.#again();
      },
      search: (text) => {
        this.#lines.search(text);
        this.#current = -1;
        this.#again();
      },
      step: (by) => this.#step(by),
      leave: () => this.#window.el.focus({ preventScroll: true }),
      text: () => this.#text(),
    });
    this.#box.prepend(this.#controls.el);
  }

  /** Other lines than before, or otherwise drawn. */
  #again(): void {
    this.#tell(0);
    this.#window.redraw(this.#lines.shown.length);
    this.#controls?.found(this.#lines.found, this.#current);
  }

  /** Go to the next found line, or the one before; after the last comes the first. */
  #step(by: 1 | -1): void {
    const { found, shown } = this.#lines;
    if (found.length === 0) return;
    // Before the first step, from what the reader sees.
    const [top, end] = this.#window.inView();
    const from = this.#current >= 0 ? this.#current : (shown[by > 0 ? top : end - 1] ?? 0) - by;
    const at = by > 0 ? firstAtLeast(found, from + 1) : firstAtLeast(found, from) - 1;
    this.#current = found[(at + found.length) % found.length]!;
    this.#window.toRow(firstAtLeast(shown, this.#current));
    this.#window.redraw(shown.length);
    this.#controls?.found(found, this.#current);
  }

  #line(n: number): HTMLElement {
    const entry = this.#lines.entry(n);
    const line = lineElement(entry, this.#labelled, (text) => this.#lines.places(text), n === this.#current);
    // Rows come and go; the width that one can scroll to only grows.
    const width = Math.min(line.textContent.length, 20_000);
    if (width > this.#widest) {
      this.#widest = width;
      this.#window.el.style.setProperty("--nbs-log-width", `${width}ch`);
    }
    return line;
  }

  #tell(unseen: number): void {
    this.#unseen = unseen;
    this.#news.hidden = unseen === 0;
    if (unseen > 0) this.#news.textContent = `↓ ${count(unseen, "new line")}`;
  }

  #text(): { text: string; lines: number } {
    const { shown } = this.#lines;
    const text = shown.map((n) => {
      const entry = this.#lines.entry(n);
      return (this.#labelled ? label(entry) : "") + plain(entry[1]);
    });
    return { text: text.join("\n"), lines: shown.length };
  }
}

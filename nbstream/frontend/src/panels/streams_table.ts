// The live table of a kernel's streams.
import type { FreezeContent } from "../freeze_dom.ts";
import { RUNNING, type StreamRow, type TableFromKernel } from "../protocol.ts";
import { element } from "../ui/dom.ts";
import { giveFocusToCell } from "../ui/focus.ts";
import { formatDuration, formatRate } from "../ui/format.ts";
import { escapeInvisible, escapeInvisibleInCode } from "../ui/invisible_characters.ts";
import { captureKeys } from "../ui/shortcuts.ts";
import type { PanelState } from "./panel_state.ts";

type Send = (message: { type: "sync" } | { type: "cancel"; number?: number }) => void;

/** How often a view checks whether the kernel is gone: a table is sent nothing while no stream
 *  changes, so silence is no sign of it. */
const CHECK_EVERY_MS = 2000;
const TITLES = ["Name", "State", "Source", "Age", "Events", "Rate", "Bytes", ""];
const NUMBERS: ReadonlySet<string> = new Set(["Age", "Events", "Rate", "Bytes"]);

/** Shows all streams of a kernel, each with its figures and a button that cancels it. */
export class StreamsTable implements PanelState {
  readonly #rows = new Map<number, StreamRow>();
  readonly #views = new Set<() => void>();
  readonly #send: Send;
  readonly #isKernelGone: () => boolean;
  readonly #freeze: FreezeContent;

  /** @param freeze replaces the table by its content once the kernel is gone. */
  constructor(send: Send, isKernelGone: () => boolean, freeze: FreezeContent) {
    this.#send = send;
    this.#isKernelGone = isKernelGone;
    this.#freeze = freeze;
  }

  connect(): void {
    this.#send({ type: "sync" });
  }

  receive({ rows, all }: TableFromKernel): void {
    if (all) this.#rows.clear();
    for (const row of rows) this.#rows.set(row.number, row);
    for (const update of this.#views) update();
  }

  draw(el: HTMLElement, signal: AbortSignal): void {
    const body = element("tbody");
    const titles = TITLES.map((title) => element("th", { scope: "col", ...classOf(title) }, title));
    const head = element("tr", {}, ...titles);
    const cancelAll = element("button", { type: "button", class: "nbs-cancel" }, "Cancel all");
    cancelAll.addEventListener("click", () => this.#send({ type: "cancel" }));
    head.lastElementChild?.append(cancelAll);
    const table = element("table", { class: "nbs-table nbs-streams" }, element("thead", {}, head), body);
    const content = element("div", { class: "nbs-content nbs-wide" }, table);
    const panel = element("section", { class: "nbs-panel", "aria-label": "Streams" }, content);
    captureKeys(panel);
    giveFocusToCell(panel, signal);
    el.append(panel);
    const drawn = new Map<number, ReturnType<typeof drawRow>>();
    const update = () => {
      for (const [number, row] of drawn) {
        if (this.#rows.has(number)) continue;
        row.el.remove();
        drawn.delete(number);
      }
      for (const [number, row] of this.#rows) {
        let line = drawn.get(number);
        if (line === undefined) {
          line = drawRow(row, () => this.#send({ type: "cancel", number }));
          drawn.set(number, line);
          body.append(line.el);
        }
        line.update(row);
      }
      cancelAll.disabled = ![...this.#rows.values()].some((row) => RUNNING.has(row.state));
    };
    this.#views.add(update);
    const timer = setInterval(() => {
      if (!this.#isKernelGone()) return;
      clearInterval(timer);
      // Where the table cannot be replaced, nothing in it suggests that it still works.
      for (const button of panel.querySelectorAll("button")) button.disabled = true;
      this.#freeze(content);
    }, CHECK_EVERY_MS);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#views.delete(update);
    });
    update();
  }
}

function classOf(title: string): { class?: string } {
  if (NUMBERS.has(title)) return { class: "nbs-number" };
  return title === "Source" ? { class: "nbs-source-cell" } : {};
}

function drawRow({ name, source }: StreamRow, cancel: () => void) {
  const cells = TITLES.map((title) => element("td", classOf(title)));
  const button = element("button", { type: "button", class: "nbs-cancel" }, "Cancel");
  button.setAttribute("aria-label", escapeInvisible(`Cancel ${name}`));
  button.addEventListener("click", cancel);
  cells[0]!.textContent = escapeInvisibleInCode(name);
  cells[2]!.textContent = cells[2]!.title = escapeInvisibleInCode(source);
  cells[7]!.append(button);
  return {
    el: element("tr", {}, ...cells),
    update(row: StreamRow) {
      const texts: [number, string][] = [
        [1, row.state === "stopping" ? "stopping at its next yield" : row.state],
        [3, formatDuration(row.elapsed)],
        [4, row.events.toLocaleString("en")],
        [5, RUNNING.has(row.state) ? formatRate(row.rate) : ""],
        [6, row.bytes.toLocaleString("en")],
      ];
      for (const [index, text] of texts) cells[index]!.textContent = text;
      button.hidden = !RUNNING.has(row.state);
    },
  };
}

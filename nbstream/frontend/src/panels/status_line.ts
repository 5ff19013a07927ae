// The status line above a stream: its state, its source, and its figures.
import { type Head, RUNNING } from "../protocol.ts";
import { element } from "../ui/dom.ts";
import {
  describeLosses,
  describeRetry,
  formatCount,
  formatDuration,
  formatRate,
  formatSeconds,
} from "../ui/format.ts";
import { escapeInvisible, escapeInvisibleInCode } from "../ui/invisible_characters.ts";

/** A silence of so many seconds is mentioned. */
const QUIET_S = 10;
/** A lower rate would be shown as zero. */
const LOWEST_RATE = 0.05;

export class StatusLine {
  readonly el: HTMLElement;
  readonly #state = element("span", { class: "nbs-state", role: "status", "aria-live": "polite" });
  readonly #figures = element("span", { class: "nbs-figures" });

  constructor(title: string, button: HTMLElement) {
    const address = escapeInvisibleInCode(title);
    const source = element("span", { class: "nbs-source", title: address }, address);
    this.el = element("div", { class: "nbs-bar-top" }, this.#state, source, this.#figures, button);
  }

  showState(words: string, reason = ""): void {
    const suffix = escapeInvisible(reason);
    // A screen reader speaks each change, so only changes are made.
    if (this.#state.textContent === words + suffix) return;
    this.#state.replaceChildren(element("b", {}, words), suffix);
  }

  /** Show the figures of a stream.
   *
   *  @param since Seconds for which its clocks have run on since the head.
   *  @param connected Whether the kernel is there.
   *  @param rate Its events a second now; 0 if unknown. */
  showFigures(head: Head, since: number, connected: boolean, rate: number): void {
    const { state, events, elapsed, quiet, reconnects, unbroken, lost, retry_in } = head;
    const running = RUNNING.has(state) && connected;
    const figures = [formatDuration(elapsed + since), formatCount(events, "event")];
    if (running) figures.unshift(...describeRetry(retry_in, since));
    if (state === "live" && running && rate >= LOWEST_RATE) figures.push(formatRate(rate));
    if (!running && elapsed > 0 && events > 0) figures.push(formatRate(events / elapsed));
    const silence = Math.floor(quiet + since);
    if (state === "live" && running && silence >= QUIET_S)
      figures.push(`no event for ${formatSeconds(silence)}`);
    figures.push(...describeLosses(reconnects, unbroken, lost));
    const text = figures.join(" · ");
    if (this.#figures.textContent !== text) this.#figures.textContent = text;
  }
}

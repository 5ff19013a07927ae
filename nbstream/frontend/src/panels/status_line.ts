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
const RATE_OVER_MS = 2000;

export class StatusLine {
  readonly el: HTMLElement;
  readonly #state = element("span", { class: "nbs-state", role: "status", "aria-live": "polite" });
  readonly #figures = element("span", { class: "nbs-figures" });
  #samples: { at: number; events: number }[] = [];

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
   *  @param connected Whether the kernel is there. */
  showFigures(head: Head, since: number, connected: boolean): void {
    const { state, events, elapsed, quiet, reconnects, unbroken, lost, retry_in } = head;
    const running = RUNNING.has(state) && connected;
    const figures = [formatDuration(elapsed + since), formatCount(events, "event")];
    if (running) figures.unshift(...describeRetry(retry_in, since));
    const pace = this.#measureRate(events);
    if (state === "live" && running && pace > 0) figures.push(formatRate(pace));
    if (!running && elapsed > 0 && events > 0) figures.push(formatRate(events / elapsed));
    const silence = Math.floor(quiet + since);
    if (state === "live" && running && silence >= QUIET_S)
      figures.push(`no event for ${formatSeconds(silence)}`);
    figures.push(...describeLosses(reconnects, unbroken, lost));
    const text = figures.join(" · ");
    if (this.#figures.textContent !== text) this.#figures.textContent = text;
  }

  /** Measure the events a second over the last two seconds. */
  #measureRate(events: number): number {
    const now = performance.now();
    this.#samples.push({ at: now, events });
    while (this.#samples.length > 2 && now - this.#samples[1]!.at >= RATE_OVER_MS) this.#samples.shift();
    const first = this.#samples[0]!;
    return now > first.at ? ((events - first.events) * 1000) / (now - first.at) : 0;
  }
}

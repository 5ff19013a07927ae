// One panel: status line, content, Cancel.
import { type Block, isStep, place } from "../blocks/index.ts";
import type { FreezeContent } from "../freeze_dom.ts";
import { type Head, NOT_ENDED, type Payload, RUNNING, type State } from "../protocol.ts";
import type { Change } from "../reconcile.ts";
import type { Store, StreamView } from "../store.ts";
import { element } from "../ui/dom.ts";
import { focusedIn, giveFocusToCell } from "../ui/focus.ts";
import { count, duration, losses, rate, untilRetry, whole } from "../ui/format.ts";
import { visible, visibleCode } from "../ui/invisible_characters.ts";
import { keepKeys } from "../ui/shortcuts.ts";
import { foldSteps } from "./fold_steps.ts";

const WORDS: Record<State, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  stopping: "Stopping at its next yield",
  finished: "Finished",
  cancelled: "Cancelled",
  failed: "Failed",
};
const TICK_MS = 200;
// From here on a silence is worth a word.
const QUIET_S = 10;
const RATE_OVER_MS = 2000;

/** How a block is shown. */
interface Drawn {
  el: HTMLElement;
  draw: (payload: Payload) => void;
}

export function drawStream(
  store: Store,
  title: string,
  freeze: FreezeContent,
  el: HTMLElement,
  signal: AbortSignal,
): void {
  const panel = new StreamPanel(store, title, freeze);
  el.append(panel.el);
  giveFocusToCell(panel.el, signal);
  store.add(panel, signal);
  const ticking = setInterval(() => panel.tick(), TICK_MS);
  signal.addEventListener("abort", () => {
    clearInterval(ticking);
  });
}

class StreamPanel implements StreamView {
  readonly el: HTMLElement;
  readonly #store: Store;
  readonly #freeze: FreezeContent;
  readonly #state = element("span", { class: "nbs-state", role: "status", "aria-live": "polite" });
  readonly #figures = element("span", { class: "nbs-figures" });
  readonly #cancel = element("button", { type: "button", class: "nbs-cancel" }, "Cancel");
  readonly #content: HTMLElement;
  readonly #drawn = new Map<Block, Drawn>();
  #samples: { at: number; events: number }[] = [];
  #kernelGone = false;
  #cancelling = false;
  #busy = false;

  constructor(store: Store, title: string, freeze: FreezeContent) {
    this.#store = store;
    this.#freeze = freeze;
    this.#cancel.setAttribute("aria-label", visible(`Cancel the stream ${title}`));
    this.#cancel.addEventListener("click", () => this.#askToCancel());
    this.#content = element("div", {
      class: "nbs-content",
      role: "log",
      "aria-live": "off",
      "aria-label": "Stream content",
    });
    const address = visibleCode(title);
    const source = element("span", { class: "nbs-source", title: address }, address);
    this.el = element(
      "section",
      {
        class: "nbs-panel",
        "aria-label": `Stream ${title}`,
        // Focusable by a click, so that Esc reaches us and not the notebook.
        tabindex: "-1",
      },
      element("div", { class: "nbs-bar-top" }, this.#state, source, this.#figures, this.#cancel),
      this.#content,
    );
    keepKeys(this.el);
    this.el.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) {
        event.preventDefault();
        this.#askToCancel();
      }
    });
  }

  patch(changes: Change[]): void {
    const fresh = new Set<Block>();
    for (const [block, payload] of changes) {
      if (fresh.has(block)) continue;
      const drawn = this.#drawn.get(block);
      if (drawn !== undefined) drawn.draw(payload);
      else {
        // Its own copy holds every change already, those further on in the list too.
        this.#begin(block);
        fresh.add(block);
      }
    }
    if (fresh.size > 0) foldSteps(this.#content);
  }

  arrange(blocks: Iterable<Block>): void {
    const wanted = [...blocks].sort((a, b) => place(a) - place(b));
    const kept = new Set(wanted);
    for (const [block, { el }] of this.#drawn) {
      if (kept.has(block)) continue;
      this.#leaveFocusOf(el);
      el.remove();
      this.#drawn.delete(block);
    }
    for (const block of wanted) if (!this.#drawn.has(block)) this.#begin(block);
    // Those that stand in order are not touched: moving one would scroll it to its top.
    let next = this.#content.firstChild;
    for (const block of wanted) {
      const { el } = this.#drawn.get(block)!;
      if (el === next) next = next.nextSibling;
      else this.#content.insertBefore(el, next);
    }
    foldSteps(this.#content);
  }

  head(head: Head): void {
    this.#sayState();
    this.el.dataset["state"] = head.state;
    if (!RUNNING.has(head.state)) {
      this.#leaveFocusOf(this.#cancel);
      this.#cancel.remove();
    }
    this.tick();
  }

  connection(live: boolean): void {
    this.#kernelGone = !live;
    if (!live) this.#leaveFocusOf(this.#cancel);
    this.#cancel.disabled = !live;
    if (!live && NOT_ENDED.has(this.#store.head.state)) {
      this.#say("The kernel is gone; run the cell again to follow the stream");
      this.el.dataset["state"] = "failed";
      this.#freeze(this.#content);
    }
  }

  tick(): void {
    const { state, events, elapsed, quiet, reconnects, unbroken, lost, retry_in } = this.#store.head;
    const now = performance.now();
    const running = RUNNING.has(state) && !this.#kernelGone;
    const since = running ? (now - this.#store.headAt) / 1000 : 0;
    const seconds = elapsed + since;
    if (running) {
      const busy = document.visibilityState === "visible" && this.#store.checkBusy();
      // Asking may have shown that the kernel is gone, which has been said by now.
      if (busy !== this.#busy && !this.#kernelGone) {
        this.#busy = busy;
        this.#sayState();
      }
    }
    const figures = [duration(seconds), count(events, "event")];
    if (running) figures.unshift(...untilRetry(retry_in, since));
    const pace = this.#pace(now, events);
    if (state === "live" && running && pace > 0) figures.push(rate(pace));
    if (!running && elapsed > 0 && events > 0) figures.push(rate(events / elapsed));
    const silence = Math.floor(quiet + since);
    if (state === "live" && running && silence >= QUIET_S) {
      figures.push(`no event for ${whole(silence)}`);
    }
    figures.push(...losses(reconnects, unbroken, lost));
    const text = figures.join(" · ");
    if (this.#figures.textContent !== text) this.#figures.textContent = text;
  }

  #begin(block: Block): void {
    const el = element("div", { class: "nbs-block" });
    const rank = place(block);
    el.dataset["place"] = String(rank);
    if (isStep(block)) el.dataset["step"] = "";
    const below = [...this.#content.children].find(
      (child) => Number((child as HTMLElement).dataset["place"]) > rank,
    );
    this.#content.insertBefore(el, below ?? null);
    const draw = block.draw(el);
    this.#drawn.set(block, { el, draw });
    draw(block.state());
  }

  #sayState(): void {
    const { state, reason } = this.#store.head;
    const word = WORDS[state];
    const running = RUNNING.has(state);
    if (this.#busy && running) this.#say(`${word}, kernel busy`);
    else this.#say(word, running && reason ? `: ${reason}` : "");
  }

  #say(words: string, why = ""): void {
    const said = this.#cancelling && RUNNING.has(this.#store.head.state) ? "Cancelling" : words;
    const because = said === words ? why : "";
    // A screen reader speaks each change, so only changes are made.
    const shown = visible(because);
    if (this.#state.textContent === said + shown) return;
    this.#state.replaceChildren(element("b", {}, said), shown);
  }

  #askToCancel(): void {
    if (!RUNNING.has(this.#store.head.state) || this.#kernelGone) return;
    this.#cancelling = true;
    this.#leaveFocusOf(this.#cancel);
    this.#cancel.disabled = true;
    this.#say("");
    this.#store.cancel();
  }

  /** This goes, or can no longer be used; the focus stays in the panel. */
  #leaveFocusOf(el: HTMLElement): void {
    if (focusedIn(el) !== null) this.el.focus({ preventScroll: true });
  }

  /** Events a second over the last two. */
  #pace(now: number, events: number): number {
    this.#samples.push({ at: now, events });
    while (this.#samples.length > 2 && now - this.#samples[1]!.at >= RATE_OVER_MS) {
      this.#samples.shift();
    }
    const first = this.#samples[0]!;
    return now > first.at ? ((events - first.events) * 1000) / (now - first.at) : 0;
  }
}

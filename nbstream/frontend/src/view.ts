// One panel: status line, content, Cancel.
import { type Block, place } from "./blocks/index.ts";
import { element } from "./dom.ts";
import { focusedIn, keepingPlace } from "./focus.ts";
import { count, duration, losses, rate, whole } from "./format.ts";
import type { Leave } from "./leaving.ts";
import { type Head, type Patch, type Payload, RUNNING, type State } from "./protocol.ts";
import type { Store, View } from "./store.ts";

const WORDS: Record<State, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  finished: "Finished",
  cancelled: "Cancelled",
  failed: "Failed",
};
const MOVES: ReadonlySet<string> = new Set([
  "ArrowUp",
  "ArrowDown",
  "ArrowLeft",
  "ArrowRight",
  "PageUp",
  "PageDown",
  "Home",
  "End",
]);
const TICK_MS = 200;
// From here on a silence is worth a word.
const QUIET_S = 10;
const RATE_OVER_MS = 2000;

export function drawPanel(
  store: Store,
  title: string,
  leave: Leave,
  el: HTMLElement,
  signal: AbortSignal,
): void {
  const panel = new Panel(store, title, leave);
  el.append(panel.el);
  store.add(panel, signal);
  const ticking = setInterval(() => panel.tick(), TICK_MS);
  signal.addEventListener("abort", () => {
    clearInterval(ticking);
  });
}

class Panel implements View {
  readonly el: HTMLElement;
  readonly #store: Store;
  readonly #leave: Leave;
  readonly #state = element("span", { class: "nbs-state", role: "status", "aria-live": "polite" });
  readonly #figures = element("span", { class: "nbs-figures" });
  readonly #cancel = element("button", { type: "button", class: "nbs-cancel" }, "Cancel");
  readonly #content: HTMLElement;
  #drawn = new Map<number, (payload: Payload) => void>();
  #samples: { at: number; events: number }[] = [];
  #kernelGone = false;
  #cancelling = false;
  #busy = false;

  constructor(store: Store, title: string, leave: Leave) {
    this.#store = store;
    this.#leave = leave;
    this.#cancel.setAttribute("aria-label", `Cancel the stream ${title}`);
    this.#cancel.addEventListener("click", () => this.#askToCancel());
    this.#content = element("div", {
      class: "nbs-content",
      role: "log",
      "aria-live": "off",
      "aria-label": "Stream content",
    });
    const source = element("span", { class: "nbs-source", title }, title);
    this.el = element(
      "section",
      {
        class: "nbs-panel",
        "aria-label": `Stream ${title}`,
        // Focusable by a click, so that Esc reaches us and not the notebook.
        tabindex: "-1",
        // JupyterLab's own keys (a, b, dd …) stay off while the focus is in here.
        "data-lm-suppress-shortcuts": "true",
      },
      element("div", { class: "nbs-bar-top" }, this.#state, source, this.#figures, this.#cancel),
      this.#content,
    );
    this.el.addEventListener("keydown", (event) => {
      // These scroll what has the focus in here; JupyterLab would move to another cell.
      if (MOVES.has(event.key)) event.stopPropagation();
      if (event.key === "Escape" && !event.defaultPrevented) {
        event.preventDefault();
        event.stopPropagation();
        this.#askToCancel();
      }
    });
  }

  reset(blocks: ReadonlyMap<number, Block>): void {
    keepingPlace(this.#content, this.el, () => {
      this.#content.replaceChildren();
      this.#drawn.clear();
      for (const [index, block] of blocks) this.#begin(index, block)(block.state());
    });
  }

  patch(blocks: ReadonlyMap<number, Block>, patches: Patch[]): void {
    const fresh = new Set<number>();
    for (const [index, , payload] of patches) {
      if (fresh.has(index)) continue;
      const draw = this.#drawn.get(index);
      const block = blocks.get(index);
      if (draw !== undefined) draw(payload);
      else if (block !== undefined) {
        // Its own copy holds every patch already, those further on in the list too.
        this.#begin(index, block)(block.state());
        fresh.add(index);
      }
    }
  }

  head(head: Head): void {
    this.#sayState();
    this.el.dataset["state"] = head.state;
    if (!RUNNING.has(head.state)) {
      this.#leaveCancel();
      this.#cancel.remove();
    }
    this.tick();
  }

  connection(live: boolean): void {
    this.#kernelGone = !live;
    if (!live) this.#leaveCancel();
    this.#cancel.disabled = !live;
    if (!live && RUNNING.has(this.#store.head.state)) {
      this.#say("The kernel is gone; run the cell again to follow the stream");
      this.el.dataset["state"] = "failed";
      this.#leave(this.#content);
    }
  }

  tick(): void {
    const { state, events, elapsed, quiet, reconnects, unbroken, lost, retry_in } = this.#store.head;
    const now = performance.now();
    const running = RUNNING.has(state) && !this.#kernelGone;
    const since = running ? (now - this.#store.headAt) / 1000 : 0;
    const seconds = elapsed + since;
    if (running) {
      const busy = document.visibilityState === "visible" && this.#store.busy();
      // Asking may have shown that the kernel is gone, which has been said by now.
      if (busy !== this.#busy && !this.#kernelGone) {
        this.#busy = busy;
        this.#sayState();
      }
    }
    const figures = [duration(seconds), count(events, "event")];
    const left = Math.ceil((retry_in ?? 0) - since);
    if (running && left > 0) figures.unshift(`trying again in ${whole(left)}`);
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

  #begin(index: number, block: Block): (payload: Payload) => void {
    const el = element("div", { class: "nbs-block" });
    const rank = place(block);
    el.dataset["place"] = String(rank);
    const below = [...this.#content.children].find((child) => Number((child as HTMLElement).dataset["place"]) > rank);
    this.#content.insertBefore(el, below ?? null);
    const draw = block.draw(el);
    this.#drawn.set(index, draw);
    return draw;
  }

  #sayState(): void {
    const { state, reason } = this.#store.head;
    const word = WORDS[state];
    const waits = state === "reconnecting" || state === "connecting";
    if (this.#busy && RUNNING.has(state)) this.#say(`${word}, kernel busy`);
    else this.#say(word, waits && reason ? `: ${reason}` : "");
  }

  #say(words: string, why = ""): void {
    const said = this.#cancelling && RUNNING.has(this.#store.head.state) ? "Cancelling" : words;
    const because = said === words ? why : "";
    // A screen reader speaks each change, so only changes are made.
    if (this.#state.textContent === said + because) return;
    this.#state.replaceChildren(element("b", {}, said), because);
  }

  #askToCancel(): void {
    if (!RUNNING.has(this.#store.head.state) || this.#kernelGone) return;
    this.#cancelling = true;
    this.#leaveCancel();
    this.#cancel.disabled = true;
    this.#say("");
    this.#store.cancel();
  }

  /** The button goes, or can no longer be pressed; the focus stays in the panel. */
  #leaveCancel(): void {
    if (focusedIn(this.#cancel) !== null) this.el.focus({ preventScroll: true });
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

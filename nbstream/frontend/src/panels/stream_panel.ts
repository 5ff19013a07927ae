// A view of one stream: status line, content, and a button that cancels it.
import { type Block, getRank, isStep } from "../blocks/index.ts";
import type { FreezeContent } from "../freeze_dom.ts";
import { type Head, NOT_ENDED, type Payload, RUNNING, type State } from "../protocol.ts";
import type { Change } from "../reconcile.ts";
import type { Store, StreamView } from "../store.ts";
import { element } from "../ui/dom.ts";
import { findFocused, giveFocusToCell } from "../ui/focus.ts";
import { escapeInvisible } from "../ui/invisible_characters.ts";
import { captureKeys } from "../ui/shortcuts.ts";
import { foldSteps } from "./fold_steps.ts";
import { StatusLine } from "./status_line.ts";

const WORDS: Record<State, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  stopping: "Stopping at its next yield",
  finished: "Finished",
  cancelled: "Cancelled",
  failed: "Failed",
};
// A kernel cancels within this, wherever it runs, unless a cell holds it.
const CANCELS_WITHIN_MS = 700;
const HOW_TO_CANCEL_NOW = "; interrupt it to cancel now";
const TICK_MS = 200;

/** The drawing of a block. */
interface Drawn {
  el: HTMLElement;
  draw: (payload: Payload) => void;
}

/** Add a view of a stream to an element, until the signal. */
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
  const timer = setInterval(() => panel.tick(), TICK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}

class StreamPanel implements StreamView {
  readonly el: HTMLElement;
  readonly #store: Store;
  readonly #freeze: FreezeContent;
  readonly #cancelButton = element("button", { type: "button", class: "nbs-cancel" }, "Cancel");
  readonly #status: StatusLine;
  readonly #content: HTMLElement;
  readonly #drawn = new Map<Block, Drawn>();
  #kernelGone = false;
  #cancelledAt: number | undefined;
  #busy = false;

  constructor(store: Store, title: string, freeze: FreezeContent) {
    this.#store = store;
    this.#freeze = freeze;
    this.#cancelButton.setAttribute("aria-label", escapeInvisible(`Cancel the stream ${title}`));
    this.#cancelButton.addEventListener("click", () => this.#cancel());
    this.#status = new StatusLine(title, this.#cancelButton);
    this.#content = element("div", {
      class: "nbs-content",
      role: "log",
      "aria-live": "off",
      "aria-label": "Stream content",
    });
    this.el = element(
      "section",
      {
        class: "nbs-panel",
        "aria-label": `Stream ${title}`,
        // Focusable by a click, so that Esc is pressed here and not in the notebook.
        tabindex: "-1",
      },
      this.#status.el,
      this.#content,
    );
    captureKeys(this.el);
    this.el.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.#cancel();
    });
  }

  patch(changes: Change[]): void {
    const added = new Set<Block>();
    for (const [block, payload] of changes) {
      if (added.has(block)) continue;
      const drawn = this.#drawn.get(block);
      if (drawn !== undefined) drawn.draw(payload);
      else {
        // The block has applied all changes already, those further on in the list too.
        this.#add(block);
        added.add(block);
      }
    }
    if (added.size > 0) foldSteps(this.#content);
  }

  arrange(blocks: Iterable<Block>): void {
    const wanted = [...blocks].sort((a, b) => getRank(a) - getRank(b));
    const kept = new Set(wanted);
    for (const [block, { el }] of this.#drawn) {
      if (kept.has(block)) continue;
      this.#keepFocus(el);
      el.remove();
      this.#drawn.delete(block);
    }
    for (const block of wanted) if (!this.#drawn.has(block)) this.#add(block);
    // Blocks that are in order are not moved: that would scroll them to their top.
    let next = this.#content.firstChild;
    for (const block of wanted) {
      const { el } = this.#drawn.get(block)!;
      if (el === next) next = next.nextSibling;
      else this.#content.insertBefore(el, next);
    }
    foldSteps(this.#content);
  }

  head(head: Head): void {
    this.#showState();
    this.el.dataset["state"] = head.state;
    if (!RUNNING.has(head.state)) {
      this.#keepFocus(this.#cancelButton);
      this.#cancelButton.remove();
    }
    this.tick();
  }

  connection(live: boolean): void {
    this.#kernelGone = !live;
    if (!live) this.#keepFocus(this.#cancelButton);
    this.#cancelButton.disabled = !live;
    if (!live && NOT_ENDED.has(this.#store.head.state)) {
      this.#status.showState("The kernel is gone; run the cell again to follow the stream");
      this.el.dataset["state"] = "failed";
      this.#freeze(this.#content);
    }
  }

  /** Show the figures of this moment, and whether the kernel is busy. */
  tick(): void {
    const running = RUNNING.has(this.#store.head.state) && !this.#kernelGone;
    const since = running ? (performance.now() - this.#store.headAt) / 1000 : 0;
    if (running) {
      if (this.#cancelledAt !== undefined) this.#showState();
      const busy = document.visibilityState === "visible" && this.#store.checkBusy();
      // The check may have found, and shown, that the kernel is gone.
      if (busy !== this.#busy && !this.#kernelGone) {
        this.#busy = busy;
        this.#showState();
      }
    }
    if (!this.#store.hasHead) return;
    const rate = this.#store.rate.measure(performance.now());
    this.#status.showFigures(this.#store.head, since, !this.#kernelGone, rate);
  }

  /** Add a block to the content, above those of a higher rank. */
  #add(block: Block): void {
    const el = element("div", { class: "nbs-block" });
    const rank = getRank(block);
    el.dataset["rank"] = String(rank);
    if (isStep(block)) el.dataset["step"] = "";
    const below = [...this.#content.children].find((child) => {
      return Number((child as HTMLElement).dataset["rank"]) > rank;
    });
    this.#content.insertBefore(el, below ?? null);
    const draw = block.draw(el);
    this.#drawn.set(block, { el, draw });
    draw(block.state());
  }

  #showState(): void {
    const { state, reason } = this.#store.head;
    if (!RUNNING.has(state)) this.#status.showState(WORDS[state]);
    else if (this.#cancelledAt !== undefined) this.#showCancelling(this.#cancelledAt);
    else if (this.#busy) this.#status.showState(`${WORDS[state]}, kernel busy`);
    else this.#status.showState(WORDS[state], reason && `: ${reason}`);
  }

  /** Show that it is being cancelled, and what holds that up. The kernel does not say so:
   *  it reads no message while a cell computes, unless the page has a subshell. */
  #showCancelling(since: number): void {
    const held = this.#busy || performance.now() - since > CANCELS_WITHIN_MS;
    if (held) this.#status.showState("Cancelling after the running cell", HOW_TO_CANCEL_NOW);
    else this.#status.showState("Cancelling");
  }

  #cancel(): void {
    if (!RUNNING.has(this.#store.head.state) || this.#kernelGone) return;
    this.#cancelledAt = performance.now();
    this.#keepFocus(this.#cancelButton);
    this.#cancelButton.disabled = true;
    this.#showState();
    this.#store.cancel();
  }

  /** Keep the focus in the panel when an element is removed or disabled. */
  #keepFocus(el: HTMLElement): void {
    if (findFocused(el) !== null) this.el.focus({ preventScroll: true });
  }
}

// The module that each stream's widget carries: it finds the runtime and hands over.
import type { Drawing, Initialize, Model, Render } from "./protocol.ts";
import { slotOf } from "./runtime_slot.ts";

// A kernel that is busy hears no `sync`, so what it sends before the runtime is there is
// kept, from the first on; past this many messages `sync` must bring the rest.
const EARLY = 256;
// A slow line may take so long to bring the runtime; longer than this, the reader is told.
const PATIENCE_MS = 15_000;

// A cleanup function is how every anywidget tells the end of a lifetime; a signal of
// its own it has only had since 0.11.
type Cleanup = () => void;

/** Hears a panel's messages, until the runtime does. */
class Listening {
  readonly #model: Model;
  readonly #lifetime: AbortSignal;
  readonly #early: never[] = [];
  readonly #stopKeeping: () => void;
  #started: Promise<void> | null = null;

  constructor(model: Model, lifetime: AbortSignal) {
    this.#model = model;
    this.#lifetime = lifetime;
    const keep = (message: never) => {
      if (this.#early.length < EARLY) this.#early.push(message);
    };
    model.on("msg:custom", keep);
    this.#stopKeeping = () => {
      model.off("msg:custom", keep);
      this.#early.length = 0;
    };
    lifetime.addEventListener("abort", this.#stopKeeping);
  }

  /** Have the runtime listen; again only if it could not be had before. */
  start(): Promise<void> {
    this.#started ??= this.#handOver().catch((error: unknown) => {
      this.#started = null;
      throw error;
    });
    return this.#started;
  }

  async #handOver(): Promise<void> {
    try {
      const runtime = await drawing(this.#model);
      if (this.#lifetime.aborted) return;
      await runtime.initialize({ model: this.#model, signal: this.#lifetime, early: this.#early });
    } finally {
      this.#stopKeeping();
    }
  }
}

// By the panel's key: `initialize` and `render` are handed different wrappers of one model.
const listening = new Map<string, Listening>();

async function drawing(model: Model): Promise<Drawing> {
  // Asking for the model is what makes a reloaded page load the runtime's module.
  const reference = String(model.get("runtime"));
  await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
  return slotOf(model).drawing;
}

/** Draw once the runtime is there, and say so while it is not. */
async function draw(model: Model, el: HTMLElement, signal: AbortSignal): Promise<void> {
  const overdue = setTimeout(() => say(el, "it has not come yet"), PATIENCE_MS);
  signal.addEventListener("abort", () => clearTimeout(overdue));
  try {
    await listening.get(String(model.get("key")))?.start();
    const runtime = await drawing(model);
    clearTimeout(overdue);
    if (signal.aborted) return;
    el.replaceChildren();
    await runtime.render({ model, el, signal });
  } catch (error) {
    clearTimeout(overdue);
    if (!signal.aborted) say(el, error instanceof Error ? error.message : String(error));
  }
}

function say(el: HTMLElement, why: string): void {
  el.textContent =
    `The panel's code could not be loaded: ${why}. The stream runs in the kernel all the ` +
    "same; to see it, reload the page or display the stream again.";
}

export default {
  initialize({ model }: Pick<Initialize, "model">): Cleanup {
    const lifetime = new AbortController();
    const key = String(model.get("key"));
    const panel = new Listening(model, lifetime.signal);
    listening.set(key, panel);
    // Not awaited: anywidget gives a model up for good if it takes over 2 s, and the
    // runtime may, on a slow line. What is missed until then, `sync` brings.
    panel.start().catch((error) => console.error("[nbstream] the panel could not start:", error));
    return () => {
      lifetime.abort();
      if (listening.get(key) === panel) listening.delete(key);
    };
  },
  render({ model, el }: Pick<Render, "model" | "el">): Cleanup {
    const lifetime = new AbortController();
    // Not awaited either: a view that goes meanwhile must have its cleanup.
    void draw(model, el, lifetime.signal);
    return () => {
      lifetime.abort();
      // Hosts hold on to closed models, and those to their views' elements.
      el.replaceChildren();
    };
  },
};

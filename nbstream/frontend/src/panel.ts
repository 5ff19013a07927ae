// The module that each stream's widget carries: it finds the runtime and hands over to it.
import type { Initialize, Model, Render, Runtime } from "./protocol.ts";
import { getSlot } from "./runtime_slot.ts";

// A kernel that is busy does not answer a `sync`, so what it sends before the runtime is
// loaded is kept, oldest first; past this many messages, `sync` must bring the rest.
const MAX_EARLY = 256;
// The runtime may take so long on a slow connection; after this, the reader is informed.
const OVERDUE_MS = 15_000;

// anywidget reports the end of a lifetime by calling what was returned; its own signal is
// there only since 0.11.
type Cleanup = () => void;

/** Keeps the messages of a panel until the runtime takes over. */
class Handover {
  readonly #model: Model;
  readonly #lifetime: AbortSignal;
  readonly #early: never[] = [];
  readonly #stopKeeping: () => void;
  #done: Promise<void> | null = null;

  constructor(model: Model, lifetime: AbortSignal) {
    this.#model = model;
    this.#lifetime = lifetime;
    const keep = (message: never) => {
      if (this.#early.length < MAX_EARLY) this.#early.push(message);
    };
    model.on("msg:custom", keep);
    this.#stopKeeping = () => {
      model.off("msg:custom", keep);
      this.#early.length = 0;
    };
    lifetime.addEventListener("abort", this.#stopKeeping);
  }

  /** Initialize the panel in the runtime, once; after a failure, the next call tries again. */
  run(): Promise<void> {
    this.#done ??= this.#initialize().catch((error: unknown) => {
      this.#done = null;
      throw error;
    });
    return this.#done;
  }

  async #initialize(): Promise<void> {
    try {
      const runtime = await loadRuntime(this.#model);
      if (this.#lifetime.aborted) return;
      await runtime.initialize({ model: this.#model, signal: this.#lifetime, early: this.#early });
    } finally {
      this.#stopKeeping();
    }
  }
}

// By the panel's key: the host passes different wrappers of one model to `initialize` and
// `render`.
const handovers = new Map<string, Handover>();

async function loadRuntime(model: Model): Promise<Runtime> {
  // In a reloaded page, only a request for the model loads the runtime's module.
  const reference = String(model.get("runtime"));
  await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
  return getSlot(model).runtime;
}

/** Draw once the runtime is loaded; show a message if it is late or fails. */
async function draw(model: Model, el: HTMLElement, signal: AbortSignal): Promise<void> {
  const overdue = setTimeout(() => showFailure(el, "it has not come yet"), OVERDUE_MS);
  signal.addEventListener("abort", () => clearTimeout(overdue));
  try {
    await handovers.get(String(model.get("key")))?.run();
    const runtime = await loadRuntime(model);
    clearTimeout(overdue);
    if (signal.aborted) return;
    el.replaceChildren();
    await runtime.render({ model, el, signal });
  } catch (error) {
    clearTimeout(overdue);
    if (!signal.aborted) showFailure(el, error instanceof Error ? error.message : String(error));
  }
}

function showFailure(el: HTMLElement, reason: string): void {
  el.textContent =
    `The panel's code could not be loaded: ${reason.replace(/\.+$/, "")}. The stream runs in the kernel all the ` +
    "same; to see it, reload the page or display the stream again.";
}

export default {
  initialize({ model }: Pick<Initialize, "model">): Cleanup {
    const lifetime = new AbortController();
    const key = String(model.get("key"));
    const handover = new Handover(model, lifetime.signal);
    handovers.set(key, handover);
    // Not awaited: anywidget abandons a model that takes over 2 s, and on a slow connection
    // the runtime may. Messages that are missed until then are in the snapshot.
    handover.run().catch((error) => console.error("[nbstream] the panel could not start:", error));
    return () => {
      lifetime.abort();
      if (handovers.get(key) === handover) handovers.delete(key);
    };
  },
  render({ model, el }: Pick<Render, "model" | "el">): Cleanup {
    const lifetime = new AbortController();
    // Not awaited either: a view that is removed meanwhile needs its cleanup function.
    void draw(model, el, lifetime.signal);
    return () => {
      lifetime.abort();
      // Hosts keep references to closed models, and through them to the views' elements.
      el.replaceChildren();
    };
  },
};

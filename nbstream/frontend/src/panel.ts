// The module that each stream's widget carries: it finds the runtime and hands over.
import type { Drawing, Initialize, Model, Render } from "./protocol.ts";
import { slotOf } from "./slot.ts";

async function drawing(model: Model): Promise<Drawing> {
  // Asking for the model is what makes a reloaded page load the runtime's module.
  const reference = String(model.get("runtime"));
  await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
  return slotOf(model).drawing;
}

// A cleanup function is how every anywidget tells the end of a lifetime; a signal of
// its own it has only had since 0.11.
type Cleanup = () => void;

export default {
  initialize({ model }: Pick<Initialize, "model">): Cleanup {
    const lifetime = new AbortController();
    // A kernel that is busy hears no `sync`, so what it sends meanwhile is kept.
    const early: never[] = [];
    const keep = (message: never) => void early.push(message);
    model.on("msg:custom", keep);
    // Not awaited: anywidget gives a model up for good if it takes over 2 s, and the
    // runtime may, on a slow line. What is missed until then, `sync` brings.
    drawing(model)
      .then((runtime) => runtime.initialize({ model, signal: lifetime.signal, early }))
      .then(() => model.off("msg:custom", keep))
      .catch((error) => console.error("[nbstream] the panel could not start:", error));
    return () => lifetime.abort();
  },
  async render({ model, el }: Pick<Render, "model" | "el">): Promise<Cleanup> {
    const lifetime = new AbortController();
    await (await drawing(model)).render({ model, el, signal: lifetime.signal });
    return () => lifetime.abort();
  },
};

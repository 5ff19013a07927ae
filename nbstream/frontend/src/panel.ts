// The module that each stream's widget carries: it finds the runtime and hands over.
import type { Drawing, Initialize, Model, Render } from "./protocol.ts";
import { slotOf } from "./slot.ts";

async function drawing(model: Model): Promise<Drawing> {
  // Asking for the model is what makes a reloaded page load the runtime's module.
  const reference = String(model.get("runtime"));
  await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
  return slotOf(model).drawing;
}

export default {
  initialize(props: Initialize): void {
    // Not awaited: anywidget gives a model up for good if it takes over 2 s, and the
    // runtime may, on a slow line. What is missed until then, `sync` brings.
    drawing(props.model)
      .then((runtime) => runtime.initialize(props))
      .catch((error) => console.error("[nbstream] the panel could not start:", error));
  },
  async render(props: Render): Promise<void> {
    await (await drawing(props.model)).render(props);
  },
};

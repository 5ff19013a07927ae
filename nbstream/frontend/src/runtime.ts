// The module of the one runtime widget of a kernel: the whole front end.
import type { Initialize, Render } from "./protocol.ts";
import { slotOf } from "./slot.ts";
import { Store } from "./store.ts";
import { drawPanel } from "./view.ts";

// Every stream that this page knows, by its runtime and its key there: `initialize`
// and `render` are handed different wrappers of one model, so those cannot be keys.
const stores = new Map<string, Promise<Store>>();

function storeOf({ model }: Pick<Initialize, "model">): Promise<Store> {
  const runtime = String(model.get("runtime")).replace("IPY_MODEL_", "");
  const key = String(model.get("key"));
  const name = `${runtime}/${key}`;
  let store = stores.get(name);
  if (store === undefined) {
    store = model.widget_manager
      .get_model(runtime)
      .then((host) => new Store(model, (message) => host.send({ ...message, stream: key }), host));
    stores.set(name, store);
  }
  return store;
}

async function initialize({ model, signal, early }: Initialize): Promise<void> {
  const store = await storeOf({ model });
  store.listen(model, signal, early);
  signal.addEventListener("abort", () => {
    for (const [name, known] of stores) {
      void known.then((one) => one === store && stores.delete(name));
    }
  });
}

async function render({ model, el, signal }: Render): Promise<void> {
  const store = await storeOf({ model });
  if (!signal.aborted) drawPanel(store, String(model.get("title")), el, signal);
}

export default {
  initialize({ model }: Pick<Initialize, "model">): void {
    slotOf(model).fill({ initialize, render });
  },
};

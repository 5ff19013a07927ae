// Where the runtime of a kernel and its panels find each other in the page: a promise for
// each bundle, on the global object, because each widget's module is loaded by itself.
import type { Model, Runtime } from "./protocol.ts";

interface Slot {
  runtime: Promise<Runtime>;
  provide: (runtime: Runtime) => void;
}

/** Get the slot of this very bundle; the first to ask creates it, panel or runtime. */
export function getSlot(model: Model): Slot {
  const slots = globalThis as unknown as Record<string, Slot | undefined>;
  const name = String(model.get("slot"));
  slots[name] ??= createSlot();
  return slots[name];
}

function createSlot(): Slot {
  let provide!: (runtime: Runtime) => void;
  const runtime = new Promise<Runtime>((resolve) => {
    provide = resolve;
  });
  return { runtime, provide };
}

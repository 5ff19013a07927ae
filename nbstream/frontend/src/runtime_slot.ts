// Where the one runtime of a kernel leaves its drawing functions for every panel.
import type { Drawing, Model } from "./protocol.ts";

interface Slot {
  drawing: Promise<Drawing>;
  fill: (drawing: Drawing) => void;
}

/** The slot of this very bundle; made by whoever comes first, panel or runtime. */
export function slotOf(model: Model): Slot {
  const slots = globalThis as unknown as Record<string, Slot | undefined>;
  const name = String(model.get("slot"));
  slots[name] ??= newSlot();
  return slots[name];
}

function newSlot(): Slot {
  let fill!: (drawing: Drawing) => void;
  const drawing = new Promise<Drawing>((resolve) => {
    fill = resolve;
  });
  return { drawing, fill };
}

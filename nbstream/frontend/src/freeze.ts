// Leaves ordinary output in the notebook where the kernel's display update could not.
//
// A page that was reloaded since the stream began drops `update_display_data`: it has
// read the output from the file and no longer knows its display id. JupyterLab's widget
// manager knows the notebook, so the page puts the snapshot in place itself. Elsewhere
// there is no such door, and the panel stays until the cell runs again.
import type { Freeze, Model } from "./protocol.ts";

const WIDGET = "application/vnd.jupyter.widget-view+json";

interface Output {
  readonly data: Record<string, unknown>;
}
interface Outputs {
  readonly length: number;
  get(index: number): Output;
  set(index: number, value: unknown): void;
}
interface Cell {
  readonly outputs?: Outputs;
}
interface Context {
  model?: { cells?: Iterable<Cell> };
  sessionContext?: { session?: { kernel?: { status?: string } | null } | null };
}

/** Whether the host knows that the kernel has gone; a host that cannot tell says no. */
export function kernelIsGone(model: Model): boolean {
  const context = model.widget_manager.context as Context | undefined;
  if (context?.sessionContext === undefined) return false;
  const status = context.sessionContext.session?.kernel?.status;
  return status === undefined || status === "dead";
}

export async function freezeInNotebook(model: Model, freeze: Freeze): Promise<void> {
  // The display update came first on the same socket, but is handled in its own time.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const context = model.widget_manager.context as Context | undefined;
  for (const { outputs } of context?.model?.cells ?? []) {
    for (let i = 0; outputs !== undefined && i < outputs.length; i++) {
      const view = outputs.get(i).data[WIDGET] as { model_id?: string } | undefined;
      if (view !== undefined && view.model_id === model.get("key")) {
        outputs.set(i, {
          output_type: "display_data",
          data: freeze.data,
          metadata: freeze.metadata,
        });
      }
    }
  }
}

// Leaves ordinary output in the notebook where the kernel's display update could not.
//
// A page that was reloaded since the stream began drops `update_display_data`: it has
// read the output from the file and no longer knows its display id. JupyterLab's widget
// manager knows the notebook, so the page asks for the snapshot and puts it in place itself.
// Elsewhere there is no such door, and the panel stays until the cell runs again.
import type { AboutTheEnd, Freeze, Model } from "./protocol.ts";

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

/** See to a message about what is left in the panel's place; false if it is another. */
export function seesToTheEnd(
  model: Model,
  message: { type: string },
  send: (message: { type: "freeze" }) => void,
): message is AboutTheEnd {
  if (message.type === "freeze") freezeInNotebook(model, message as Freeze);
  else if (message.type === "frozen") {
    // The display update came first on the same socket, but is handled in its own time.
    setTimeout(() => {
      if (shown(model).length > 0) send({ type: "freeze" });
    }, 100);
  } else return false;
  return true;
}

export function freezeInNotebook(model: Model, freeze: Freeze): void {
  const output = { output_type: "display_data", data: freeze.data, metadata: freeze.metadata };
  for (const [outputs, index] of shown(model)) outputs.set(index, output);
}

/** Where the panel is in the notebook. */
function shown(model: Model): [Outputs, number][] {
  const found: [Outputs, number][] = [];
  const context = model.widget_manager.context as Context | undefined;
  for (const { outputs } of context?.model?.cells ?? []) {
    for (let i = 0; outputs !== undefined && i < outputs.length; i++) {
      const view = outputs.get(i).data[WIDGET] as { model_id?: string } | undefined;
      if (view !== undefined && view.model_id === model.get("key")) found.push([outputs, i]);
    }
  }
  return found;
}

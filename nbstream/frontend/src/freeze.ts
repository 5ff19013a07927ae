// Replaces a panel by ordinary output in the notebook where the kernel's display update
// could not, and refreshes the output of one that is not drawn.
//
// A page that was reloaded while the stream ran drops `update_display_data`: it has read
// the output from the file and does not know its display id. JupyterLab's widget manager
// knows the notebook, so the page requests the snapshot and replaces the output itself.
// Other hosts have no such access: there the panel stays until the cell runs again.
import type { FreezeMessage, Model, OutputMessage } from "./protocol.ts";

const WIDGET = "application/vnd.jupyter.widget-view+json";
/** The display update arrives first on the same socket, but is processed asynchronously. */
const DISPLAY_UPDATE_MS = 100;

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
/** What JupyterLab's widget manager knows of the notebook. */
interface Context {
  model?: { cells?: Iterable<Cell> };
  sessionContext?: { session?: { kernel?: { status?: string } | null } | null };
}

/** Whether the host knows that the kernel is gone; false where the host cannot tell. */
export function isKernelGone(model: Model): boolean {
  const context = model.widget_manager.context as Context | undefined;
  if (context?.sessionContext === undefined) return false;
  const status = context.sessionContext.session?.kernel?.status;
  return status === undefined || status === "dead";
}

/** Whether this page can replace outputs of the notebook that the panel is in. */
export function replacesOutputs(model: Model): boolean {
  const context = model.widget_manager.context as Context | undefined;
  return context?.model?.cells !== undefined;
}

/** Handle a message about the ordinary output; returns false for any other message. */
export function handleFreezeMessage(
  model: Model,
  message: { type: string },
  send: (message: { type: "freeze" | "refreshed" }) => void,
): message is FreezeMessage {
  if (message.type === "freeze" || message.type === "refresh") {
    const replaced = replacePanel(model, message as OutputMessage);
    if (message.type === "refresh" && replaced) send({ type: "refreshed" });
    return true;
  }
  if (message.type !== "frozen") return false;
  setTimeout(() => {
    if (findOutputs(model).length > 0) send({ type: "freeze" });
  }, DISPLAY_UPDATE_MS);
  return true;
}

/** Replace every output of the notebook that shows the panel; return whether there is one. */
export function replacePanel(model: Model, { data, metadata }: Omit<OutputMessage, "type">): boolean {
  const output = { output_type: "display_data", data, metadata };
  const found = findOutputs(model);
  for (const [outputs, index] of found) outputs.set(index, output);
  return found.length > 0;
}

/** Find the outputs of the notebook that show the panel. */
function findOutputs(model: Model): [Outputs, number][] {
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

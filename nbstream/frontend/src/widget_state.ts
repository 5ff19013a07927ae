// What a notebook keeps of our models, where JupyterLab is set to save widget state.
//
// It would save every synced trait: 300 KB of our JavaScript, and a panel that waits for a
// kernel for ever when the notebook is opened without one. So our models serialise as models
// of ipywidgets: a panel in sight as an HTML widget with its content, which reads anywhere
// and runs nothing, and all others as an empty layout.
import { copyContent, serializeCopy } from "./freeze_dom.ts";
import type { HostModel } from "./protocol.ts";

/** What JupyterLab's manager reads of a model to save it (`serialize_state` in
 *  @jupyter-widgets/base-manager 1). Other hosts may not have it. */
interface SavedModel extends HostModel {
  name?: string;
  module?: string;
  get_state?(dropDefaults?: boolean): Record<string, unknown>;
}

const IPYWIDGETS_MODULE_VERSION = "2.0.0"; // of ipywidgets 8
const NOTE = "Saved while the stream was running";

/** The elements in which each model is drawn. */
const views = new WeakMap<HostModel, Set<HTMLElement>>();

/** Save nothing of a model but the content of its first view. */
export function saveOnlyContent(model: SavedModel): void {
  if (views.has(model)) return;
  views.set(model, new Set());
  const get = model.get.bind(model);
  model.get = (name) => (name === "_model_module_version" ? IPYWIDGETS_MODULE_VERSION : get(name));
  model.get_state = () => {
    const [view] = views.get(model)!;
    model.name = view === undefined ? "LayoutModel" : "HTMLModel";
    model.module = `@jupyter-widgets/${view === undefined ? "base" : "controls"}`;
    return view === undefined ? {} : { value: serializeView(view) };
  };
}

/** Note that an element is a view of the model, until the signal. */
export function trackView(model: HostModel, el: HTMLElement, signal: AbortSignal): void {
  views.get(model)?.add(el);
  signal.addEventListener("abort", () => views.get(model)?.delete(el));
}

function serializeView(view: HTMLElement): string {
  const content = view.querySelector<HTMLElement>(".nbs-columns, .nbs-content") ?? view;
  return serializeCopy(copyContent(content), NOTE);
}

// What a notebook keeps of our models, where JupyterLab is set to save widget state.
//
// It would keep every synced trait: 300 KB of our JavaScript, and a panel that waits for a
// kernel for ever when the notebook is opened without. So our models serialise as models of
// ipywidgets: a panel in sight as an HTML widget with what it shows, which reads anywhere
// and runs nothing, and all others as an empty layout.

import { copyOf } from "./freeze_dom.ts";
import type { HostModel } from "./protocol.ts";
import { element } from "./ui/dom.ts";

/** What JupyterLab's manager reads of a model to save it (`serialize_state` in
 *  @jupyter-widgets/base-manager 1). Other hosts may know none of it. */
interface Saved extends HostModel {
  name?: string;
  module?: string;
  get_state?(dropDefaults?: boolean): Record<string, unknown>;
}

// Of ipywidgets 8.
const VERSION = "2.0.0";
const NOTE = "Saved while the stream was running";

const places = new WeakMap<HostModel, Set<HTMLElement>>();

/** Keep nothing of a model but, while it is drawn, what can be read of it. */
export function saveOnlyContent(model: Saved): void {
  if (places.has(model)) return;
  places.set(model, new Set());
  const get = model.get.bind(model);
  model.get = (name) => (name === "_model_module_version" ? VERSION : get(name));
  model.get_state = () => {
    const [place] = places.get(model)!;
    model.name = place === undefined ? "LayoutModel" : "HTMLModel";
    model.module = `@jupyter-widgets/${place === undefined ? "base" : "controls"}`;
    return place === undefined ? {} : { value: contentOf(place) };
  };
}

/** The model is drawn in this element, until the signal. */
export function drawnIn(model: HostModel, el: HTMLElement, signal: AbortSignal): void {
  places.get(model)?.add(el);
  signal.addEventListener("abort", () => places.get(model)?.delete(el));
}

function contentOf(place: HTMLElement): string {
  const content = place.querySelector<HTMLElement>(".nbs-columns, .nbs-content") ?? place;
  const note = element("p", {}, element("em", {}, NOTE));
  return element("div", { class: "nbstream-snapshot" }, copyOf(content), note).outerHTML;
}

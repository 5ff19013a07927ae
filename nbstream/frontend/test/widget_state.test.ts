// What JupyterLab saves of our models with a notebook.
import "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostModel } from "../src/protocol.ts";
import { saveOnlyContent, trackView } from "../src/widget_state.ts";
import { fillPage } from "./dom.ts";
import { Page } from "./page.ts";

/** A model that saves its traits, as every widget does. */
function createModel() {
  const model = new Page().model({ _esm: "300 KB of JavaScript", _model_module_version: "0.9" });
  return Object.assign(model as unknown as HostModel, {
    name: "AnyModel",
    module: "anywidget",
    get_state: (): Record<string, unknown> => ({ _esm: "300 KB of JavaScript" }),
  });
}

test("a panel in sight is saved as an HTML widget with its content", () => {
  const model = createModel();
  saveOnlyContent(model);
  const view = fillPage(
    '<section><button>Cancel</button><div class="nbs-content"><p>text</p></div></section>',
  );
  trackView(model, view, new AbortController().signal);
  saveOnlyContent(model); // as each of several panels does with the runtime's model
  assert.deepEqual(model.get_state(), {
    value:
      '<div class="nbstream-snapshot"><div><p>text</p></div>' +
      "<p><em>Saved while the stream was running</em></p></div>",
  });
  assert.deepEqual([model.name, model.module], ["HTMLModel", "@jupyter-widgets/controls"]);
  assert.equal(model.get("_model_module_version"), "2.0.0");
});

test("a model without a view is saved as an empty layout", () => {
  const model = createModel();
  saveOnlyContent(model);
  const lifetime = new AbortController();
  trackView(model, fillPage('<div class="nbs-content">text</div>'), lifetime.signal);
  lifetime.abort();
  assert.deepEqual(model.get_state(), {});
  assert.deepEqual([model.name, model.module], ["LayoutModel", "@jupyter-widgets/base"]);
});

test("all other traits are read as before", () => {
  const model = createModel();
  saveOnlyContent(model);
  assert.equal(model.get("_esm"), "300 KB of JavaScript");
});

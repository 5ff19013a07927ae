// A page that shows the outputs of a kernel as VS Code and Colab do. Widgets are drawn by
// @jupyter-widgets/html-manager, which knows no notebook, and the page itself keeps the
// outputs: a reload draws them again, from the widgets that the kernel still has.
//
// Address: ?updates=no drops display updates, ?widgets=no draws no widget.
import * as base from "@jupyter-widgets/base";
import * as controls from "@jupyter-widgets/controls";
import { HTMLManager } from "@jupyter-widgets/html-manager";
import { KernelManager, ServerConnection } from "@jupyterlab/services";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const TARGET = "jupyter.widget";
const query = new URLSearchParams(location.search);

/** Fetch the module of anywidget's Python package, which is in the AMD format. */
async function loadAnywidget() {
  const code = await (await fetch("anywidget.js")).text();
  let module;
  new Function("define", code)((_, make) => {
    module = make(base);
  });
  return module;
}

const modules = {
  "@jupyter-widgets/base": base,
  "@jupyter-widgets/controls": controls,
  anywidget: await loadAnywidget(),
};

class Manager extends HTMLManager {
  constructor(kernel) {
    super({ loader: async (name) => modules[name] });
    this.kernel = kernel;
    kernel.registerCommTarget(TARGET, async (comm, message) => {
      await this.handle_comm_open(new base.shims.services.Comm(comm), message);
    });
  }

  async _create_comm(target, id, data, metadata, buffers) {
    const comm = this.kernel.createComm(target, id);
    if (data || metadata) comm.open(data, metadata, buffers);
    return new base.shims.services.Comm(comm);
  }

  async _get_comm_info() {
    const reply = await this.kernel.requestCommInfo({ target_name: TARGET });
    return reply.content.comms;
  }

  /** Draw the widgets that the kernel has, as after a reload. */
  async restore() {
    await this._loadFromKernel();
  }
}

async function connect() {
  // The server compares this cookie with a header that the client makes of it.
  document.cookie = "_xsrf=standin; path=/";
  const baseUrl = new URL("..", location.href).href;
  const serverSettings = ServerConnection.makeSettings({
    baseUrl,
    wsUrl: baseUrl.replace("http", "ws"),
    appendToken: false,
  });
  const kernels = new KernelManager({ serverSettings });
  const known = sessionStorage.getItem("kernel");
  const kernel = known
    ? kernels.connectTo({ model: { id: known, name: "python3" } })
    : await kernels.startNew({ name: "python3" });
  kernel.commsOverSubshells = "disabled"; // neither VS Code nor Colab has subshells
  sessionStorage.setItem("kernel", kernel.id);
  await kernel.info;
  return kernel;
}

const kernel = await connect();
const manager = new Manager(kernel);

/** @type {{ displayId?: string, data: Record<string, any> }[][]} The outputs by cell. */
const cells = JSON.parse(sessionStorage.getItem("cells") ?? "[]");
/** @type {Map<string, { output: object, node: HTMLElement }[]>} By display id. */
const displays = new Map();

function save() {
  sessionStorage.setItem("cells", JSON.stringify(cells));
}

async function draw(node, data) {
  node.replaceChildren();
  const widget = data[WIDGET];
  if (query.get("widgets") !== "no" && manager.has_model(widget?.model_id)) {
    const view = await manager.create_view(await manager.get_model(widget.model_id));
    await manager.display_view(view, node);
  } else if (data["text/html"] !== undefined) {
    node.innerHTML = data["text/html"];
  } else {
    const text = document.createElement("pre");
    text.textContent = data["text/plain"];
    node.append(text);
  }
}

function addCell() {
  const node = document.createElement("div");
  node.className = "cell";
  document.body.append(node);
  return node;
}

async function addOutput(cell, output) {
  const node = document.createElement("div");
  node.className = "output";
  cell.append(node);
  if (output.displayId !== undefined) {
    const shown = displays.get(output.displayId) ?? [];
    displays.set(output.displayId, [...shown, { output, node }]);
  }
  await draw(node, output.data);
}

/** The output of a message, or undefined if the message is none. */
function outputOf({ header, content }) {
  switch (header.msg_type) {
    case "stream":
      return { data: { "text/plain": content.text } };
    case "error":
      return { data: { "text/plain": `${content.ename}: ${content.evalue}` } };
    case "display_data":
    case "execute_result":
      return { data: content.data, displayId: content.transient?.display_id };
  }
}

/** Run a cell, below the others; the promise is kept until it has ended. */
window.run = async (code, metadata) => {
  const cell = addCell();
  const outputs = [];
  cells.push(outputs);
  const future = kernel.requestExecute({ code, allow_stdin: true }, false, metadata);
  future.onIOPub = (message) => {
    const output = outputOf(message);
    if (output === undefined) return;
    outputs.push(output);
    save();
    return addOutput(cell, output);
  };
  save();
  await future.done;
  cell.classList.add("ended");
};

window.shutDown = () => kernel.shutdown();

if (query.get("updates") !== "no") {
  kernel.iopubMessage.connect((_, { header, content }) => {
    if (header.msg_type !== "update_display_data") return;
    for (const { output, node } of displays.get(content.transient.display_id) ?? []) {
      output.data = content.data;
      save();
      void draw(node, content.data);
    }
  });
}

if (cells.length > 0) {
  await manager.restore();
  for (const outputs of cells) {
    const cell = addCell();
    for (const output of outputs) await addOutput(cell, output);
  }
}

window.ready = true;

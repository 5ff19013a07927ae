// A page as a widget's module finds it: models that load, or do not, and that are closed; and
// in JupyterLab the outputs of a notebook.
import type { HostModel, Model, WidgetManager } from "../src/protocol.ts";

type Handler = (...args: never[]) => void;

/** A model that says who listens to it. */
export class PageModel {
  readonly handlers = new Map<string, Set<Handler>>();
  readonly sent: unknown[] = [];
  readonly #values: Record<string, unknown>;
  readonly widget_manager: WidgetManager;
  comm_live: boolean | undefined;

  constructor(page: Page, values: Record<string, unknown>) {
    this.#values = values;
    this.widget_manager = page;
  }

  get(name: string): unknown {
    return this.#values[name];
  }

  on(event: string, handler: Handler): void {
    const handlers = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, handlers.add(handler));
  }

  off(event: string, handler: Handler): void {
    this.handlers.get(event)?.delete(handler);
  }

  send(message: unknown): void {
    this.sent.push(message);
  }

  trigger(event: string, ...args: unknown[]): void {
    for (const handler of this.handlers.get(event) ?? []) handler(...(args as never[]));
  }

  /** A message of the kernel. */
  receive(message: object): void {
    this.trigger("msg:custom", message);
  }

  get listeners(): number {
    return [...this.handlers.values()].reduce((sum, handlers) => sum + handlers.size, 0);
  }

  get asModel(): Model {
    return this as unknown as Model;
  }
}

/** An output of a notebook. */
export interface Output {
  data: Record<string, unknown>;
}

/** The widget manager of a page. */
export class Page implements WidgetManager {
  /** The runtime's model, or why it cannot be had. */
  runtime: Promise<HostModel> | Error = new Error("no such model");
  asked = 0;
  /** What JupyterLab's manager knows of the notebook. */
  context: unknown;
  readonly #models = new Map<string, PageModel>();

  async get_model(id: string): Promise<HostModel> {
    this.asked += 1;
    const model = this.#models.get(id);
    if (model !== undefined) return model as unknown as HostModel;
    if (this.runtime instanceof Error) throw this.runtime;
    return this.runtime;
  }

  /** A model, known by its key if it has one. */
  model(values: Record<string, unknown>): PageModel {
    const model = new PageModel(this, values);
    if (values["key"] !== undefined) this.#models.set(String(values["key"]), model);
    return model;
  }

  /** A notebook with these outputs in one cell, and a kernel of this status. */
  openNotebook(outputs: Output[], status = "idle"): void {
    const list = {
      get length() {
        return outputs.length;
      },
      get: (index: number) => outputs[index],
      set: (index: number, output: Output) => {
        outputs[index] = output;
      },
    };
    const sessionContext = { session: { kernel: { status } } };
    this.context = { model: { cells: [{}, { outputs: list }] }, sessionContext };
  }
}

/** As much of an element as says what a reader sees. */
export class PageElement {
  textContent = "";

  replaceChildren(): void {
    this.textContent = "";
  }

  get asElement(): HTMLElement {
    return this as unknown as HTMLElement;
  }
}

/** Let everything that is due happen. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

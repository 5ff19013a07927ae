// A page as a widget's module sees it: models that can be had, or not, and that are closed.
import type { HostModel, Model } from "../src/protocol.ts";

type Handler = (...args: never[]) => void;

/** A model that says who listens to it. */
export class PageModel {
  readonly handlers = new Map<string, Set<Handler>>();
  readonly sent: unknown[] = [];
  readonly #values: Record<string, unknown>;
  readonly widget_manager: { get_model(id: string): Promise<HostModel> };

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

  /** A message of the kernel. */
  receive(message: object): void {
    for (const handler of this.handlers.get("msg:custom") ?? []) handler(message as never);
  }

  get listeners(): number {
    return [...this.handlers.values()].reduce((sum, handlers) => sum + handlers.size, 0);
  }

  get asModel(): Model {
    return this as unknown as Model;
  }
}

/** The widget manager of a page. */
export class Page {
  /** The runtime's model, or why it cannot be had. */
  runtime: Promise<HostModel> | Error = new Error("no such model");
  asked = 0;

  async get_model(_: string): Promise<HostModel> {
    this.asked += 1;
    if (this.runtime instanceof Error) throw this.runtime;
    return this.runtime;
  }

  model(values: Record<string, unknown>): PageModel {
    return new PageModel(this, values);
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

// A page's DOM, as happy-dom implements it: everything but layout. To be imported first.
import { type HTMLElement as Element, Window } from "happy-dom";

const window = new Window({ url: "http://localhost/" });
const globals = {
  window,
  document: window.document,
  Node: window.Node,
  Element: window.Element,
  HTMLElement: window.HTMLElement,
  ShadowRoot: window.ShadowRoot,
  getComputedStyle: window.getComputedStyle.bind(window),
  CustomEvent: window.CustomEvent,
  devicePixelRatio: 1,
  matchMedia: window.matchMedia.bind(window),
  addEventListener: window.addEventListener.bind(window),
};
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

const observers = new Set<() => void>();

/** Observers of sizes: happy-dom has no layout, so a test says when a size has changed. */
class TestResizeObserver {
  readonly #notify: () => void;

  constructor(notify: () => void) {
    this.#notify = notify;
  }

  observe(): void {
    observers.add(this.#notify);
  }

  disconnect(): void {
    observers.delete(this.#notify);
  }
}
Object.assign(globalThis, { ResizeObserver: TestResizeObserver });

/** Give an element a height, as a style sheet would, and notify who observes it. */
export function resize(el: HTMLElement, height: number): void {
  Object.defineProperty(el, "clientHeight", { value: height, configurable: true });
  for (const notify of observers) notify();
}

/** Scroll an element as a reader does. */
export function scroll(el: HTMLElement, top: number): void {
  el.scrollTop = top;
  dispatch(el, new window.Event("scroll"));
}

export function press(el: HTMLElement, key: string): void {
  dispatch(el, new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

export function turnWheel(el: HTMLElement, deltaY: number): void {
  dispatch(el, new window.WheelEvent("wheel", { deltaY, bubbles: true }));
}

/** Replace the page by one element with this content, and return the element. */
export function fillPage(html = ""): HTMLElement {
  window.document.body.innerHTML = `<div>${html}</div>`;
  return window.document.body.firstElementChild as unknown as HTMLElement;
}

function dispatch(el: HTMLElement, event: InstanceType<typeof window.Event>): void {
  (el as unknown as Element).dispatchEvent(event);
}

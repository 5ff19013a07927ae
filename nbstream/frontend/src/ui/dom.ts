// Creates elements, the one way for all of this front end: text never becomes markup, and
// invisible characters that deceive are escaped in all that is read or spoken.
import { escapeInvisible } from "./invisible_characters.ts";

type Attributes = Record<string, string>;

const READ_ALOUD: ReadonlySet<string> = new Set(["title", "aria-label", "placeholder"]);

/** Create an element with attributes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    el.setAttribute(name, READ_ALOUD.has(name) ? escapeInvisible(value) : value);
  }
  el.append(...children.map((child) => (typeof child === "string" ? escapeInvisible(child) : child)));
  return el;
}

/** Replace an element's content by text. */
export function setText(el: Element, text: string): void {
  el.textContent = escapeInvisible(text);
}

/** Make a change, and keep the end in view unless the reader has scrolled away from it. */
export function followTail(box: HTMLElement, change: () => void): void {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 8;
  change();
  if (atEnd) box.scrollTop = box.scrollHeight;
}

// The one way elements are made here: text only ever becomes text, never markup, and in
// what is read or spoken, invisible characters that deceive are written by name.
import { visible } from "./invisible_characters.ts";

type Attributes = Record<string, string>;

const READ: ReadonlySet<string> = new Set(["title", "aria-label", "placeholder"]);

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, READ.has(name) ? visible(value) : value);
  }
  made.append(...children.map((child) => (typeof child === "string" ? visible(child) : child)));
  return made;
}

/** Make this an element's only content. */
export function write(el: Element, text: string): void {
  el.textContent = visible(text);
}

/** Keeps the end in view while things are added, unless the reader scrolled away. */
export function followingTail(box: HTMLElement, change: () => void): void {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 8;
  change();
  if (atEnd) box.scrollTop = box.scrollHeight;
}

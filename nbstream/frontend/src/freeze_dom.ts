// What the page leaves where the kernel has ended without a word: what it shows, in the
// place of a widget that nothing can bring back.

import { freezeInNotebook } from "./freeze.ts";
import { MAX_TYPESET } from "./markdown/formulas.ts";
import { sourceOf } from "./markdown/math.ts";
import type { Model } from "./protocol.ts";
import { element } from "./ui/dom.ts";

/** Called with the content of a panel whose kernel has gone. */
export type Leave = (content: HTMLElement) => void;

/** The content of one of several panels, and what it is called. */
export interface Titled {
  title: string;
  content: HTMLElement;
}

const NOTE = "The kernel ended while the stream was running";
// As in views/columns.py.
const GRID = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start";
const COLUMN = "flex:1 1 306px;min-width:0";
// As in mimebundle.py and rendering/formulas.py: the notebook typesets formulas, and takes
// nothing else for one.
const NO_MATH = "mathjax_ignore tex2jax_ignore";
const TYPESET = "nbstream-math mathjax_process tex2jax_process";

/** Leave the content of a panel. */
export function leaveBehind(model: Model, content: HTMLElement): void {
  put(model, textOf(content), copyOf(content));
}

/** Leave the contents of panels that stand beside each other in one. */
export function leaveColumns(model: Model, columns: readonly Titled[]): void {
  const texts = columns.map(({ title, content }) => `${title}\n${textOf(content)}`);
  const copies = columns.map(({ title, content }) => {
    const heading = element("p", {}, element("strong", {}, title));
    return element("div", { style: COLUMN }, heading, copyOf(content));
  });
  put(model, texts.join("\n\n"), element("div", { style: GRID }, ...copies));
}

/** The text as the reader sees it: with line breaks between blocks, without what is hidden. */
function textOf(content: HTMLElement): string {
  // biome-ignore lint/performance/useDomNodeTextContent: textContent has neither
  return content.innerText;
}

function put(model: Model, text: string, copy: HTMLElement): void {
  const note = element("p", {}, element("em", {}, NOTE));
  const whole = element("div", { class: `nbstream-snapshot ${NO_MATH}` }, copy, note);
  const data = { "text/plain": `${text}\n[${NOTE}]`, "text/html": whole.outerHTML };
  freezeInNotebook(model, { type: "freeze", data, metadata: {} });
}

/** What is to be seen of it, without our style sheet and without what can be pressed. */
export function copyOf(content: HTMLElement): HTMLElement {
  const copy = content.cloneNode(true) as HTMLElement;
  const copied = copy.querySelectorAll("*");
  let formulas = 0;
  content.querySelectorAll("*").forEach((shown, at) => {
    if (getComputedStyle(shown).display === "none") copied[at]!.remove();
    else if (shown.matches(".nbs-math")) asFormula(copied[at]!, sourceOf(shown), ++formulas <= MAX_TYPESET);
  });
  for (const control of copy.querySelectorAll("button, input, select")) control.remove();
  return element("div", {}, ...copy.childNodes);
}

/** A formula as the notebook is to typeset it, which what is typeset already is not. */
function asFormula(math: Element, source: string | undefined, typeset: boolean): void {
  math.className = typeset ? TYPESET : "nbstream-math";
  if (source !== undefined) math.replaceChildren(source);
}

// Serialises what a panel shows as ordinary output, where the kernel cannot: its process
// has ended, and nothing brings the widget back.
import { replacePanel } from "./freeze.ts";
import { MAX_TYPESET } from "./markdown/formulas.ts";
import { getSource } from "./markdown/math.ts";
import type { Model } from "./protocol.ts";
import { element } from "./ui/dom.ts";

/** Called with the content of a panel whose kernel is gone. */
export type FreezeContent = (content: HTMLElement) => void;

/** The content of one stream of a comparison. */
export interface TitledContent {
  title: string;
  content: HTMLElement;
}

const NOTE = "The kernel ended while the stream was running";
// As in the kernel's frozen comparison.
const GRID = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start";
const COLUMN = "flex:1 1 306px;min-width:0";
// Of use only while the stream's panel is there.
const CONTROLS = ".nbs-log-controls, .nbs-virtual-probe, .nbs-cancel";
// As in the kernel's frozen output: the notebook typesets formulas, and takes nothing else
// for one.
const NO_MATH = "mathjax_ignore tex2jax_ignore";
const TYPESET = "nbstream-math mathjax_process tex2jax_process";

/** Replace a panel by its content. */
export function freezeContent(model: Model, content: HTMLElement): void {
  freeze(model, readText(content), copyContent(content));
}

/** Replace a comparison by the contents of its streams, side by side. */
export function freezeComparison(model: Model, streams: readonly TitledContent[]): void {
  const texts = streams.map(({ title, content }) => `${title}\n${readText(content)}`);
  const copies = streams.map(({ title, content }) => {
    const heading = element("p", {}, element("strong", {}, title));
    return element("div", { style: COLUMN }, heading, copyContent(content));
  });
  freeze(model, texts.join("\n\n"), element("div", { style: GRID }, ...copies));
}

function freeze(model: Model, text: string, copy: HTMLElement): void {
  const html = serializeCopy(copy, NOTE, NO_MATH);
  replacePanel(model, { data: { "text/plain": `${text}\n[${NOTE}]`, "text/html": html }, metadata: {} });
}

/** Write a copy of content as HTML, with a note below it. */
export function serializeCopy(copy: HTMLElement, note: string, classes = ""): string {
  const foot = element("p", {}, element("em", {}, note));
  return element("div", { class: `nbstream-snapshot ${classes}`.trim() }, copy, foot).outerHTML;
}

/** Read the text that is in sight, with a line break between blocks. */
function readText(content: HTMLElement): string {
  // biome-ignore lint/performance/useDomNodeTextContent: textContent has neither
  return content.innerText;
}

/** Copy what is in sight of some content, without the controls, so that it reads without
 *  our style sheet. */
export function copyContent(content: HTMLElement): HTMLElement {
  const copy = content.cloneNode(true) as HTMLElement;
  const copied = copy.querySelectorAll("*");
  let formulas = 0;
  content.querySelectorAll<HTMLElement>("*").forEach((shown, at) => {
    const twin = copied[at] as HTMLElement;
    const style = getComputedStyle(shown);
    if (style.display === "none" || shown.matches(CONTROLS)) twin.remove();
    else if (shown.matches(".nbs-math")) {
      formulas += 1;
      restoreFormula(twin, getSource(shown), formulas <= MAX_TYPESET);
    } else if (shown.matches("[data-rows]")) noteOmitted(twin);
    else if (shown.matches(".uplot")) twin.replaceWith(createImage(shown.querySelector("canvas")!));
    else inlineLayout(shown, style, twin);
  });
  // The head of a table is a control that has its name.
  for (const sort of copy.querySelectorAll("th > button")) sort.replaceWith(...sort.childNodes);
  for (const control of copy.querySelectorAll("button, input, select")) control.remove();
  return element("div", {}, ...copy.childNodes);
}

/** Write how many rows of a virtual list are not in the page, in the place of their room. */
function noteOmitted(spacer: HTMLElement): void {
  const rows = Number(spacer.dataset.rows);
  spacer.setAttribute("style", "text-align:left");
  spacer.closest("tbody")?.removeAttribute("aria-hidden");
  if (rows === 0) spacer.remove();
  else spacer.textContent = `[… ${rows.toLocaleString("en")} more]`;
}

/** Copy a chart: a copy of its canvas would be empty. */
function createImage(canvas: HTMLCanvasElement): HTMLElement {
  return element("img", { src: canvas.toDataURL(), alt: "", style: canvas.style.cssText });
}

/** Keep what our style sheet gives and the notebook's own would change. */
function inlineLayout(shown: HTMLElement, style: CSSStyleDeclaration, twin: HTMLElement): void {
  if (shown.matches("td, th")) twin.style.textAlign = style.textAlign;
  if (shown.matches(".nbs-log")) twin.style.fontFamily = style.fontFamily;
  if (style.whiteSpace === "pre") twin.style.whiteSpace = "pre";
  if (style.overflowY === "auto") twin.style.overflow = "auto";
  if (style.overflowY === "auto" && shown.scrollHeight > shown.clientHeight) {
    twin.style.maxHeight = `${shown.clientHeight}px`;
  }
}

/** Write a formula as its source, for the notebook to typeset. */
function restoreFormula(math: Element, source: string | undefined, typeset: boolean): void {
  math.className = typeset ? TYPESET : "nbstream-math";
  if (source !== undefined) math.replaceChildren(source);
}

// Typesets math with the notebook's own typesetter; without one, as MathML.
//
// A call of the typesetter lays out the page once, however many formulas it is for, and
// blocks the page until all of them are done. So formulas are typeset in slices of a short
// time, and only those near the viewport: of an answer with thousands, most never are.
import type { WidgetManager } from "../protocol.ts";

export interface Typesetter {
  /** Typeset these formulas, which are in one holder.  */
  typeset(formulas: readonly HTMLElement[], holder: HTMLElement): unknown;
}

/** JupyterLab's typesetter. */
interface LatexTypesetter {
  typeset(element: HTMLElement): unknown;
}

/** The class of an element that holds formulas: MathJax, JupyterLab's typesetter, skips all of
 *  it but the formulas of a slice. */
export const IGNORED = "mathjax_ignore";

const PROCESSED = "mathjax_process";
const HOLDER = `.${IGNORED}`;
const SLICE_MS = 20;
const FIRST_SLICE = 4;
const LONGEST_SLICE = 100;
const NEAR = "600px";
const KEPT = 500;

let typesetter: Typesetter | null = null;
let observer: IntersectionObserver | null = null;
const near = new Set<HTMLElement>();
let working = false;
let sliceLength = FIRST_SLICE;
// Typeset formulas by their source: an answer has the same few many times.
const done = new Map<string, Element>();
const sources = new WeakMap<Element, string>();

/** Use the notebook's typesetter, if this widget manager has one: JupyterLab's has. */
export function chooseTypesetter(manager: WidgetManager, otherwise: Typesetter): void {
  const { rendermime } = manager as { rendermime?: { latexTypesetter?: LatexTypesetter | null } };
  const latex = rendermime?.latexTypesetter;
  typesetter = typeof latex?.typeset === "function" ? new MarkedTypesetter(latex) : otherwise;
}

/** Typesets formulas of a holder by marking them: the host's skips the others. */
class MarkedTypesetter implements Typesetter {
  readonly #latex: LatexTypesetter;

  constructor(latex: LatexTypesetter) {
    this.#latex = latex;
  }

  async typeset(formulas: readonly HTMLElement[], holder: HTMLElement): Promise<void> {
    for (const math of formulas) math.classList.add(PROCESSED);
    try {
      await this.#latex.typeset(holder);
    } finally {
      for (const math of formulas) math.classList.remove(PROCESSED);
    }
  }
}

/** Typeset the math of a finished block, once it is near the viewport. What has been removed
 *  from the page by then stays as it is. */
export function typesetFormulas(nodes: readonly ChildNode[]): void {
  if (typesetter === null) return;
  for (const node of nodes) {
    if (!(node instanceof HTMLElement)) continue;
    for (const math of node.querySelectorAll<HTMLElement>(".nbs-math")) observe(math);
    if (node.matches(".nbs-math")) observe(node);
  }
}

/** The source of a formula that has been typeset. */
export function getSource(math: Element): string | undefined {
  return sources.get(math);
}

function observe(math: HTMLElement): void {
  // Notebooks scroll in a box, for which not every browser has margins.
  const margins = { rootMargin: NEAR, scrollMargin: NEAR };
  observer ??= new IntersectionObserver(handleIntersections, margins);
  observer.observe(math);
}

function handleIntersections(entries: readonly IntersectionObserverEntry[]): void {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting) near.add(target as HTMLElement);
    else near.delete(target as HTMLElement);
  }
  void typesetNear();
}

async function typesetNear(): Promise<void> {
  if (working) return;
  working = true;
  while (near.size > 0) {
    // Between two slices the page is drawn and handles input.
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    try {
      await typesetSlice();
    } catch (error) {
      console.warn("[nbstream] math stays as its source:", error);
    }
  }
  working = false;
}

/** Typeset some formulas of one holder in one call. */
async function typesetSlice(): Promise<void> {
  const slice: HTMLElement[] = [];
  let holder: HTMLElement | null = null;
  const began = performance.now();
  for (const math of near) {
    if (slice.length === sliceLength || performance.now() - began > SLICE_MS) break;
    const its = math.isConnected ? math.closest<HTMLElement>(HOLDER) : null;
    if (its !== null && !fillFromDone(math)) {
      holder ??= its;
      if (its !== holder) continue;
      slice.push(math);
    }
    near.delete(math);
    observer!.unobserve(math);
  }
  if (holder === null) return;
  for (const math of slice) sources.set(math, math.textContent);
  const started = performance.now();
  await typesetter!.typeset(slice, holder);
  const took = Math.max(performance.now() - started, 1);
  const fitting = Math.ceil((slice.length * SLICE_MS) / took);
  sliceLength = Math.max(1, Math.min(fitting, 2 * sliceLength, LONGEST_SLICE));
  for (const math of slice) remember(math);
}

/** Replace a formula by a typeset copy of the same; returns false if there is none. */
function fillFromDone(math: HTMLElement): boolean {
  const source = math.textContent;
  const typeset = done.get(keyOf(math, source));
  if (typeset === undefined) return false;
  sources.set(math, source);
  math.replaceChildren(typeset.cloneNode(true));
  return true;
}

function remember(math: HTMLElement): void {
  const typeset = math.firstElementChild;
  if (typeset === null || math.childNodes.length > 1) return;
  done.set(keyOf(math, sources.get(math)!), typeset.cloneNode(true) as Element);
  if (done.size > KEPT) done.delete(done.keys().next().value!);
}

/** A key of its source and its place: its size matches the font around it. */
function keyOf(math: HTMLElement, source: string): string {
  return `${math.closest("h1, h2, h3, h4, h5, h6, th, strong, em")?.localName} ${source}`;
}

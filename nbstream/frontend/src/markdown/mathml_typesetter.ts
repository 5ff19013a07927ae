// Typesets formulas as MathML, which browsers draw themselves, where the host has no typesetter.
import DOMPurify from "dompurify";
import type { Typesetter } from "./math.ts";

export interface Converter {
  convert(formula: string, displayMode: boolean): string;
}

const ALLOWED = {
  ALLOWED_TAGS: [
    ...["math", "mi", "mn", "mo", "mrow", "ms", "mspace", "mtext", "mstyle", "mpadded", "mphantom"],
    ...["msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts"],
    ...["mfrac", "msqrt", "mroot", "mtable", "mtr", "mtd", "menclose"],
  ],
  ALLOWED_ATTR: [
    ...["class", "style", "display", "displaystyle", "scriptlevel", "mathvariant", "mathsize"],
    ...["form", "fence", "separator", "stretchy", "symmetric", "movablelimits", "accent", "accentunder"],
    ...["lspace", "rspace", "minsize", "maxsize", "width", "height", "depth", "linethickness", "notation"],
  ],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true as const,
};
// Nothing that could move a formula over the rest of the page, or load anything.
const STYLES = /^(?:color|background-color|(?:padding|margin|border)(?:-[a-z]+)*|width|height|math-depth)$/;

/** Typesets with a converter that is loaded for the first formula. */
export class MathmlTypesetter implements Typesetter {
  readonly #load: () => Promise<Converter>;

  constructor(load: () => Promise<Converter>) {
    this.#load = load;
  }

  async typeset(formulas: readonly HTMLElement[]): Promise<void> {
    const converter = await this.#load();
    for (const math of formulas) {
      const node = createMath(math.textContent ?? "", converter);
      if (node !== null) math.replaceChildren(node);
    }
  }
}

/** Create the element of a formula in its delimiters; null if it stays as its source. */
export function createMath(formula: string, converter: Converter): Element | null {
  const width = formula.startsWith("$") && !formula.startsWith("$$") ? 1 : 2;
  const isDisplayed = formula.startsWith("$$") || formula.startsWith("\\[");
  let html: string;
  try {
    html = converter.convert(formula.slice(width, -width), isDisplayed);
  } catch {
    return null;
  }
  const fragment = DOMPurify.sanitize(html, ALLOWED);
  for (const { style } of fragment.querySelectorAll<HTMLElement>("[style]")) {
    for (const name of [...style]) if (!STYLES.test(name)) style.removeProperty(name);
  }
  return fragment.firstElementChild;
}

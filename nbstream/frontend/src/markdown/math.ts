// Math by whatever the notebook itself typesets with; without that its source stays.
import type { WidgetManager } from "../protocol.ts";

interface Typesetter {
  typeset(element: HTMLElement): unknown;
}

let typesetter: Typesetter | null = null;

/** Use the notebook's typesetter, if this manager knows one: JupyterLab's does. */
export function findTypesetter(manager: WidgetManager): void {
  const { rendermime } = manager as { rendermime?: { latexTypesetter?: Typesetter | null } };
  if (typeof rendermime?.latexTypesetter?.typeset === "function") {
    typesetter = rendermime.latexTypesetter;
  }
}

/** Typeset what is math in a finished block. */
export function typesetIn(nodes: readonly ChildNode[]): void {
  if (typesetter === null) return;
  for (const node of nodes) {
    if (!(node instanceof HTMLElement)) continue;
    const found = [...node.querySelectorAll<HTMLElement>(".nbs-math")];
    if (node.matches(".nbs-math")) found.push(node);
    for (const math of found) {
      void Promise.resolve(typesetter.typeset(math)).catch((error: unknown) => {
        console.warn("[nbstream] math stays as its source:", error);
      });
    }
  }
}

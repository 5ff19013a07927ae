// The keyboard's place, kept while what has it goes or is drawn anew.

/** What has the focus within an element, if anything has. */
export function focusedIn(el: HTMLElement): HTMLElement | null {
  const root = el.getRootNode() as Document | ShadowRoot;
  const focused = root.activeElement;
  return focused instanceof HTMLElement && el.contains(focused) ? focused : null;
}

/** Draw everything in an element anew; the focus is then on the same control, or on
 *  `fallback` if that is gone, and what was unfolded is unfolded. */
export function keepingPlace(el: HTMLElement, fallback: HTMLElement, redraw: () => void): void {
  const focused = focusedIn(el);
  const name = focused === null ? "" : nameOf(focused);
  const number = focused === null ? -1 : named(el, name).indexOf(focused);
  const unfolded = folds(el).map((fold) => fold.open);
  redraw();
  folds(el).forEach((fold, i) => {
    if (unfolded[i]) fold.open = true;
  });
  if (focused === null) return;
  const again = el.contains(focused) ? focused : (named(el, name)[number] ?? fallback);
  again.focus({ preventScroll: true });
}

function folds(el: HTMLElement): HTMLDetailsElement[] {
  // Those within are only made when theirs is opened.
  return [...el.querySelectorAll("details")].filter((one) => !one.parentElement?.closest("details"));
}

function named(el: HTMLElement, name: string): HTMLElement[] {
  const candidates = el.querySelectorAll<HTMLElement>("a, button, input, select, summary, [tabindex]");
  return [...candidates].filter((one) => nameOf(one) === name);
}

function nameOf(el: HTMLElement): string {
  const told = ["class", "aria-label", "title", "href"].map((name) => el.getAttribute(name));
  return JSON.stringify([el.localName, ...told]);
}

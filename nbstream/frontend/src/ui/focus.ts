// The keyboard's place, kept where what has it goes.

/** What has the focus within an element, if anything has. */
export function focusedIn(el: HTMLElement): HTMLElement | null {
  const root = el.getRootNode() as Document | ShadowRoot;
  const focused = root.activeElement;
  return focused instanceof HTMLElement && el.contains(focused) ? focused : null;
}

/** When this goes from the page with the focus in it, as a panel does at its end, give the
 *  focus to its cell in JupyterLab, whose keys would else do nothing until a click. */
export function giveFocusToCell(el: HTMLElement, signal: AbortSignal): void {
  let cell: HTMLElement | null = null;
  el.addEventListener("focusin", () => {
    cell = el.closest<HTMLElement>(".jp-Cell");
  });
  el.addEventListener("focusout", () => {
    // Told too when it goes, and of that the page knows only afterwards.
    queueMicrotask(() => {
      if (el.isConnected && focusedIn(el) === null) cell = null;
    });
  });
  signal.addEventListener("abort", () => {
    const nowhere = document.activeElement === null || document.activeElement === document.body;
    if (nowhere) cell?.focus({ preventScroll: true });
  });
}

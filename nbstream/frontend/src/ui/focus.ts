// Keeps the keyboard focus when the element that has it is removed.

/** Find what has the focus within an element. */
export function findFocused(el: HTMLElement): HTMLElement | null {
  const root = el.getRootNode() as Document | ShadowRoot;
  const focused = root.activeElement;
  return focused instanceof HTMLElement && el.contains(focused) ? focused : null;
}

/** When an element is removed with the focus in it, as a panel is at its end, give the focus
 *  to its cell in JupyterLab: without, the keyboard would do nothing until a click. */
export function giveFocusToCell(el: HTMLElement, signal: AbortSignal): void {
  let cell: HTMLElement | null = null;
  el.addEventListener("focusin", () => {
    cell = el.closest<HTMLElement>(".jp-Cell");
  });
  el.addEventListener("focusout", () => {
    // Dispatched also when the element is removed, which shows only afterwards.
    queueMicrotask(() => {
      if (el.isConnected && findFocused(el) === null) cell = null;
    });
  });
  signal.addEventListener("abort", () => {
    const unfocused = document.activeElement === null || document.activeElement === document.body;
    if (unfocused) cell?.focus({ preventScroll: true });
  });
}

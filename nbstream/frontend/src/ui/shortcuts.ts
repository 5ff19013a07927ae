// Keeps keys that are pressed in a panel from the notebook's shortcuts, where plain letters
// are commands on the cell (`x` cuts it), and arrows select other cells.

// Shortcuts with Ctrl or Cmd that run, merge, select and move cells.
const CELL_SHORTCUTS: ReadonlySet<string> = new Set([
  "enter",
  "backspace",
  "a",
  "m",
  "arrowup",
  "arrowdown",
  "arrowleft",
  "arrowright",
]);

/** Keep the keys that are pressed in an element from the notebook. Shortcuts of the whole
 *  application, such as Ctrl+S, are passed on: otherwise the browser would save the page. */
export function captureKeys(el: HTMLElement): void {
  el.addEventListener("keydown", (event) => {
    const withCtrl = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (!withCtrl || CELL_SHORTCUTS.has(event.key.toLowerCase())) event.stopPropagation();
  });
}

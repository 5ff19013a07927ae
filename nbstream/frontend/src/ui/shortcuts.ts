// Keys pressed in a panel are the panel's. A notebook takes plain letters for commands on
// the cell (`x` cuts it), and arrows for other cells.

// With Ctrl or Cmd too: run, merge, select and move cells.
const OF_CELLS: ReadonlySet<string> = new Set([
  "enter",
  "backspace",
  "a",
  "m",
  "arrowup",
  "arrowdown",
  "arrowleft",
  "arrowright",
]);

/** Keep the keys pressed in here from the notebook. What concerns the whole application,
 *  such as Ctrl+S, goes on to it: else the browser would save the page. */
export function keepKeys(el: HTMLElement): void {
  el.addEventListener("keydown", (event) => {
    const withCtrl = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (!withCtrl || OF_CELLS.has(event.key.toLowerCase())) event.stopPropagation();
  });
}

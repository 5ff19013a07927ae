// A virtual list: of many rows, only those in view and some around them are in the page. It
// follows its end until the reader scrolls away. All rows are equally high, so a row's
// position is arithmetic.
//
// A library such as @tanstack/virtual-core measures rows of any height in 33 KB, a tenth of
// our bundle, and leaves to us what this file is mostly about: which rows to keep in the
// page, and when to follow the end.

/** Rows drawn beyond each edge, so that scrolling does not outrun drawing. */
const MARGIN = 24;
/** For so long after a jump to the end, a scroll that was in progress is ignored. */
const HOLD_MS = 500;
const AWAY_KEYS = new Set(["ArrowUp", "PageUp", "Home"]);

/** Find the rows to draw, from the first to before the second. */
export function findVisibleRows(
  top: number,
  height: number,
  rowHeight: number,
  count: number,
  margin = MARGIN,
): [number, number] {
  const first = Math.floor(top / rowHeight) - margin;
  const end = Math.ceil((top + height) / rowHeight) + margin;
  const clamp = (n: number) => Math.max(0, Math.min(count, n));
  return [clamp(first), clamp(end)];
}

export interface Options<Key> {
  /** What scrolls; it takes the focus and the keys. */
  scroller: HTMLElement;
  /** Holds the rows that are drawn. */
  rows: HTMLElement;
  /** Take the room of the rows before and after those that are drawn. */
  spacers: readonly [HTMLElement, HTMLElement];
  /** What stays in view above the rows. */
  header?: HTMLElement;
  /** The height of a row in pixels; where the page's font decides, until `probe` is measured. */
  rowHeight: number;
  /** An empty row, to measure. */
  probe?: HTMLElement;
  margin?: number;
  /** Identifies the row at an index: a row is drawn once, and moved to where its key is. */
  key: (index: number) => Key;
  /** Finds where a row is now: where it is gone, the row to see in its place, or -1. */
  indexOf: (key: Key) => number;
  draw: (index: number) => HTMLElement;
  /** Updates a row that is in the page to its index. */
  place?: (row: HTMLElement, index: number) => void;
  /** Whether the last row is the newest, to be followed; by default it is. */
  endsWithNewest?: () => boolean;
  /** Called when the reader leaves the end, or returns to it. */
  followed?: (follows: boolean) => void;
}

export class VirtualList<Key> {
  /** Whether the end is in view, and is to stay so. */
  follows = true;
  readonly #options: Options<Key>;
  readonly #scroller: HTMLElement;
  readonly #drawn = new Map<Key, HTMLElement>();
  #first = 0; // the index of the first row that is drawn
  #count = 0;
  #rowHeight: number;
  #height = 0; // that there is for rows
  #top = 0;
  /** The row at the top of the view, and how far it is scrolled out of it. */
  #anchor: { key: Key; offset: number } | null = null;
  #heldUntil = 0;

  constructor(options: Options<Key>) {
    this.#options = options;
    this.#rowHeight = options.rowHeight;
    this.#scroller = options.scroller;
    this.#scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    // The reader's intention is known before the scrolling begins: while rows pour in, the
    // scrolling would otherwise be undone in the frame in which it begins.
    this.#scroller.addEventListener("wheel", (event) => this.#onWheel(event), { passive: true });
    this.#scroller.addEventListener("keydown", (event) => this.#onKey(event));
    const sizes = new ResizeObserver(() => this.#onResize());
    sizes.observe(this.#scroller);
    if (options.probe !== undefined) sizes.observe(options.probe);
  }

  /** Draw after rows were added or removed; what the reader looks at stays in its place. */
  update(count: number): void {
    this.#count = count;
    this.#makeRoom();
    if (!this.#isFollowing() && this.#top > 0 && this.#anchor !== null) {
      const index = this.#options.indexOf(this.#anchor.key);
      if (index >= 0) this.#scrollTo(index * this.#rowHeight + this.#anchor.offset);
    }
    this.#draw();
  }

  /** Draw the row of this key anew at the next update. */
  forget(key: Key): void {
    this.#drawn.get(key)?.remove();
    this.#drawn.delete(key);
  }

  /** Draw all rows anew. */
  redraw(count: number): void {
    this.#drawn.clear();
    this.#options.rows.replaceChildren();
    this.update(count);
  }

  scrollToStart(): void {
    this.#setFollows(this.#count * this.#rowHeight <= this.#height);
    this.#scrollTo(0);
    this.#draw();
  }

  scrollToEnd(): void {
    this.#heldUntil = performance.now() + HOLD_MS;
    this.#setFollows(true);
    this.#scrollTo(Number.POSITIVE_INFINITY);
    this.#draw();
  }

  /** Show a row in the middle, and stay there. */
  scrollToRow(index: number): void {
    this.#setFollows(false);
    this.#scrollTo((index + 0.5) * this.#rowHeight - this.#height / 2);
    this.#draw();
  }

  /** Find the rows that are wholly or partly in view. */
  inView(): [number, number] {
    return findVisibleRows(this.#top, this.#height, this.#rowHeight, this.#count, 0);
  }

  #isFollowing(): boolean {
    return this.follows && (this.#options.endsWithNewest?.() ?? true);
  }

  #draw(): void {
    if (this.#height <= 0) return; // hidden: drawn when there is a size again
    if (this.#isFollowing()) this.#scrollTo(Number.POSITIVE_INFINITY);
    const { key, draw, place, rows, margin } = this.#options;
    const [first, end] = findVisibleRows(this.#top, this.#height, this.#rowHeight, this.#count, margin);
    const wanted = new Map<Key, number>();
    for (let i = first; i < end; i++) wanted.set(key(i), i);
    for (const [known, row] of this.#drawn) {
      if (wanted.has(known)) continue;
      row.remove();
      this.#drawn.delete(known);
    }
    // Rows that stay are not touched: a selection in them stays too.
    let next = rows.firstChild;
    for (const [wantedKey, index] of wanted) {
      let row = this.#drawn.get(wantedKey);
      if (row === undefined) {
        row = draw(index);
        this.#drawn.set(wantedKey, row);
      }
      place?.(row, index);
      if (row === next) next = next.nextSibling;
      else rows.insertBefore(row, next);
    }
    this.#first = first;
    this.#setSpacers();
    const top = Math.floor(this.#top / this.#rowHeight);
    const offset = this.#top - top * this.#rowHeight;
    this.#anchor = top < this.#count ? { key: key(top), offset } : null;
  }

  #scrollTo(top: number): void {
    this.#top = Math.max(0, Math.min(top, this.#count * this.#rowHeight - this.#height));
    // Compared with where the page is: it may have been scrolled while it was hidden.
    if (Math.abs(this.#scroller.scrollTop - this.#top) >= 1) this.#scroller.scrollTop = this.#top;
  }

  #onScroll(): void {
    if (this.#scroller.clientHeight === 0) return;
    const top = this.#scroller.scrollTop;
    const left = this.#count * this.#rowHeight - top - this.#height;
    if (left < this.#rowHeight / 2) this.#setFollows(true);
    // Only upwards: the end itself moves down while this event is dispatched.
    else if (top < this.#top - 1 && performance.now() > this.#heldUntil) this.#setFollows(false);
    this.#top = top;
    this.#draw();
  }

  #onWheel({ deltaY, ctrlKey, shiftKey }: WheelEvent): void {
    if (deltaY < 0 && !ctrlKey && !shiftKey) this.#leaveEnd(); // not zooming, nor sideways
  }

  #onKey(event: KeyboardEvent): void {
    if (AWAY_KEYS.has(event.key)) this.#leaveEnd();
    if (event.key !== "End" || event.shiftKey) return;
    event.preventDefault(); // the page scrolls there so slowly that the end moves on
    this.scrollToEnd();
  }

  #leaveEnd(): void {
    this.#heldUntil = 0;
    if (this.#top > 0) this.#setFollows(false);
  }

  #setFollows(follows: boolean): void {
    if (this.follows === follows) return;
    this.follows = follows;
    this.#options.followed?.(follows);
  }

  #onResize(): void {
    const before = [this.#height, this.#rowHeight];
    this.#rowHeight = this.#options.probe?.getBoundingClientRect().height || this.#rowHeight;
    this.#makeRoom();
    if (before[0] === this.#height && before[1] === this.#rowHeight) return;
    // A page that removes the list and adds it again resets its scroll position.
    this.#scrollTo(this.#top);
    this.#draw();
  }

  /** Take the room of all rows, and measure how much of it is in view. */
  #makeRoom(): void {
    this.#setSpacers();
    this.#height = this.#scroller.clientHeight - (this.#options.header?.offsetHeight ?? 0);
  }

  #setSpacers(): void {
    const others = Math.max(this.#count - this.#drawn.size, 0);
    const before = Math.min(this.#first, others);
    const [above, below] = this.#options.spacers;
    this.#setSpacer(above, before);
    this.#setSpacer(below, others - before);
  }

  #setSpacer(spacer: HTMLElement, rows: number): void {
    spacer.style.height = `${rows * this.#rowHeight}px`;
    spacer.dataset.rows = String(rows); // read where the page freezes the list
  }
}

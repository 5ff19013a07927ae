// A list of which only what is in view is drawn, and whose end is followed until the
// reader scrolls away. All rows are equally high, so that where each is is arithmetic.
import { element } from "../ui/dom.ts";

/** Rows drawn beyond each edge, so that scrolling does not outrun drawing. */
const MARGIN = 24;
/** For so long after going to the end, a scroll that was under way is not obeyed. */
const HOLD_MS = 500;
const AWAY_KEYS = new Set(["ArrowUp", "PageUp", "Home"]);

/** The rows to draw, from the first to before the second. */
export function rowsInView(
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

export interface Options {
  /** Draws the row at an index. */
  draw: (index: number) => HTMLElement;
  /** Names the row at an index; a row that keeps its name is not drawn again. */
  key: (index: number) => number;
  /** Called when the reader leaves the end, or is back. */
  followed: (follows: boolean) => void;
  /** An empty row, to measure. */
  probe: HTMLElement;
}

export class Window {
  /** What scrolls; it takes the focus and the keys. */
  readonly el: HTMLElement;
  follows = true;
  readonly #options: Options;
  readonly #rows = element("div", { class: "nbs-window-rows" });
  readonly #space: HTMLElement;
  readonly #probe: HTMLElement;
  #drawn = new Map<number, HTMLElement>();
  #count = 0;
  #rowHeight = 19; // until it is measured
  #height = 0;
  #top = 0;
  #heldUntil = 0;

  constructor(el: HTMLElement, options: Options) {
    this.el = el;
    this.#options = options;
    this.#probe = options.probe;
    this.#probe.classList.add("nbs-window-probe");
    this.#probe.setAttribute("aria-hidden", "true");
    this.#space = element("div", { class: "nbs-window" }, this.#probe, this.#rows);
    el.classList.add("nbs-windowed");
    el.append(this.#space);
    el.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // What the reader means is known before the scrolling begins: while lines pour in,
    // it would otherwise be undone in the frame in which it does.
    el.addEventListener("wheel", (e) => this.#wheeled(e), { passive: true });
    el.addEventListener("keydown", (e) => this.#pressed(e));
    const sizes = new ResizeObserver(() => this.#resized());
    sizes.observe(el);
    sizes.observe(this.#probe);
  }

  /** Rows went from the front, or came at the end. */
  update(count: number, gone = 0): void {
    this.#count = count;
    this.#makeRoom();
    // The rows that the reader looks at stay where they are.
    if (!this.follows && gone > 0) this.#scrollTo(this.#top - gone * this.#rowHeight);
    this.#draw();
  }

  /** What the row of this name shows has changed: it is drawn again. */
  forget(key: number): void {
    this.#drawn.get(key)?.remove();
    this.#drawn.delete(key);
  }

  /** Everything may have changed. */
  redraw(count: number): void {
    this.#drawn.clear();
    this.#rows.replaceChildren();
    this.update(count);
  }

  toEnd(): void {
    this.#heldUntil = performance.now() + HOLD_MS;
    this.#follow(true);
    this.#draw();
  }

  /** Show a row in the middle, and stay there. */
  toRow(index: number): void {
    this.#follow(false);
    this.#scrollTo((index + 0.5) * this.#rowHeight - this.#height / 2);
    this.#draw();
  }

  /** The rows that are wholly or partly in view. */
  inView(): [number, number] {
    return rowsInView(this.#top, this.#height, this.#rowHeight, this.#count, 0);
  }

  #draw(): void {
    if (this.#height === 0) return; // hidden: drawn when it has a size again
    if (this.follows) this.#scrollTo(this.#count * this.#rowHeight - this.#height);
    const [first, end] = rowsInView(this.#top, this.#height, this.#rowHeight, this.#count);
    const wanted = new Map<number, number>();
    for (let i = first; i < end; i++) wanted.set(this.#options.key(i), i);
    for (const [key, row] of this.#drawn) {
      if (wanted.has(key)) continue;
      row.remove();
      this.#drawn.delete(key);
    }
    let next = this.#rows.firstChild;
    for (const [key, index] of wanted) {
      let row = this.#drawn.get(key);
      if (row === undefined) {
        row = this.#options.draw(index);
        this.#drawn.set(key, row);
        this.#rows.insertBefore(row, next);
      } else next = row.nextSibling;
    }
    this.#rows.style.transform = `translateY(${first * this.#rowHeight}px)`;
  }

  #scrollTo(top: number): void {
    this.#top = Math.max(0, Math.min(top, this.#count * this.#rowHeight - this.#height));
    // Also where we think that it is there: a page that hid us may have moved it.
    if (Math.abs(this.el.scrollTop - this.#top) >= 1) this.el.scrollTop = this.#top;
  }

  #scrolled(): void {
    if (this.el.clientHeight === 0) return;
    const top = this.el.scrollTop;
    const left = this.#count * this.#rowHeight - top - this.#height;
    if (left < this.#rowHeight / 2) this.#follow(true);
    // Only upwards: the end itself moves down while this event is on its way.
    else if (top < this.#top - 1 && performance.now() > this.#heldUntil) this.#follow(false);
    this.#top = top;
    this.#draw();
  }

  #wheeled({ deltaY, ctrlKey, shiftKey }: WheelEvent): void {
    if (deltaY < 0 && !ctrlKey && !shiftKey) this.#leave(); // not zooming, nor sideways
  }

  #pressed(event: KeyboardEvent): void {
    if (AWAY_KEYS.has(event.key)) this.#leave();
    if (event.key !== "End" || event.shiftKey) return;
    event.preventDefault(); // the page's own way there is so slow that the end moves on
    this.toEnd();
  }

  #leave(): void {
    this.#heldUntil = 0;
    if (this.#top > 0) this.#follow(false);
  }

  #follow(follows: boolean): void {
    if (this.follows === follows) return;
    this.follows = follows;
    this.#options.followed(follows);
  }

  #resized(): void {
    const before = [this.#height, this.#rowHeight];
    this.#rowHeight = this.#probe.getBoundingClientRect().height || this.#rowHeight;
    this.#makeRoom();
    if (before[0] === this.#height && before[1] === this.#rowHeight) return;
    // A page that took us out and put us back has forgotten where we were.
    this.#scrollTo(this.#top);
    this.#draw();
  }

  #makeRoom(): void {
    this.#space.style.height = `${this.#count * this.#rowHeight}px`;
    this.#height = this.el.clientHeight;
  }
}

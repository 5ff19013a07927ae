// How one log line looks.
import { type Span, spans } from "../ui/ansi.ts";
import { element } from "../ui/dom.ts";
import { type Entry, severity } from "./log_lines.ts";

/** More of one line is not drawn: it would be slow, and nobody scrolls that far. */
const LONGEST = 10_000;
const LABEL_WIDTH = 8;
const SAYS_ITSELF = 80;
const KINDS = ["quiet", "quiet", "warning", "error"];

/** The level to show before a line; empty where it has none, says it itself, or goes on. */
export function shownLevel([level, line, continued]: Entry): string {
  const word = level.toUpperCase();
  return continued || line.slice(0, SAYS_ITSELF).includes(word) ? "" : word;
}

/** What stands before a line: as wide as any, so that what follows is in a column. */
export function label(entry: Entry): string {
  return `${shownLevel(entry).padEnd(LABEL_WIDTH - 1)} `;
}

export function lineElement(
  entry: Entry,
  labelled: boolean,
  places: (text: string) => [number, number][],
  current: boolean,
): HTMLElement {
  const kind = KINDS[severity(entry[0])]!;
  const line = element(
    "div",
    { class: `nbs-line nbs-${kind}` },
    element("span", { class: "nbs-level" }, labelled ? label(entry) : ""),
  );
  if (current) line.classList.add("nbs-current");
  const drawn = clipped(spans(entry[1]));
  const text = drawn.map((span) => span.text).join("");
  const message = element("bdi", {}, ...marked(drawn, places(text)));
  line.append(message);
  const more = entry[1].length - LONGEST;
  if (text.length === LONGEST && more > 0) {
    line.append(element("em", { class: "nbs-note" }, ` … ${more.toLocaleString("en")} more`));
  }
  return line;
}

/** A line to measure by. */
export function emptyLine(): HTMLElement {
  return element("div", { class: "nbs-line" }, "\u00a0");
}

function clipped(all: Span[]): Span[] {
  const kept: Span[] = [];
  let room = LONGEST;
  for (const { text, css } of all) {
    if (room <= 0) break;
    kept.push({ text: text.slice(0, room), css });
    room -= text.length;
  }
  return kept;
}

/** The pieces of a line, cut where what was searched for begins and ends. */
export function cut(all: Span[], places: [number, number][]): (Span & { found: boolean })[] {
  const pieces: (Span & { found: boolean })[] = [];
  let at = 0;
  let next = 0;
  for (const { text, css } of all) {
    const end = at + text.length;
    let from = at;
    while (from < end) {
      while (next < places.length && places[next]![1] <= from) next++;
      const [begins, ends] = places[next] ?? [Infinity, Infinity];
      const found = begins <= from;
      const to = Math.min(end, found ? ends : begins);
      pieces.push({ text: text.slice(from - at, to - at), css, found });
      from = to;
    }
    at = end;
  }
  return pieces;
}

function marked(all: Span[], places: [number, number][]): (Node | string)[] {
  return cut(all, places).map(({ text, css, found }) => {
    const inner = found ? element("mark", {}, text) : text;
    if (css === "") return inner;
    const span = element("span", {}, inner);
    span.style.cssText = css; // not the attribute, which a page's policy may forbid
    return span;
  });
}

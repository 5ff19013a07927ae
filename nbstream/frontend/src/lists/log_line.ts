// Draws one line of a log.
import { parseSpans, type Span } from "../ui/ansi.ts";
import { element } from "../ui/dom.ts";
import { getSeverity, type LogEntry } from "./log_lines.ts";

/** Characters of a line that are drawn: more would be slow, and nobody scrolls that far. */
const MAX_LINE = 10_000;
const LABEL_WIDTH = 8;
/** A line that has its level in its first characters needs no label. */
const LEVEL_WITHIN = 80;
const KINDS = ["quiet", "quiet", "warning", "error"];

/** Get the level to show before a line: empty if the line has none or contains it, or
 *  continues the line before. */
export function getShownLevel([level, line, continued]: LogEntry): string {
  const word = level.toUpperCase();
  return continued || line.slice(0, LEVEL_WITHIN).includes(word) ? "" : word;
}

/** Get the text before a line, equally wide for all, so that the lines are in a column. */
export function padLevel(entry: LogEntry): string {
  return `${getShownLevel(entry).padEnd(LABEL_WIDTH - 1)} `;
}

/** Create the element of a line.
 *
 *  @param find Returns where in a text the search term begins and ends. */
export function createLine(
  entry: LogEntry,
  labelled: boolean,
  find: (text: string) => [number, number][],
  current: boolean,
): HTMLElement {
  const kind = KINDS[getSeverity(entry[0])]!;
  const line = element(
    "div",
    { class: `nbs-line nbs-${kind}` },
    element("span", { class: "nbs-level" }, labelled ? padLevel(entry) : ""),
  );
  if (current) line.classList.add("nbs-current");
  const drawn = clip(parseSpans(entry[1]));
  const text = drawn.map((span) => span.text).join("");
  const message = element("bdi", {}, ...markFound(drawn, find(text)));
  line.append(message);
  const more = entry[1].length - MAX_LINE;
  if (text.length === MAX_LINE && more > 0) {
    line.append(element("em", { class: "nbs-note" }, ` … ${more.toLocaleString("en")} more`));
  }
  return line;
}

/** Create an empty line, to measure its height. */
export function createProbe(): HTMLElement {
  return element("div", { class: "nbs-line nbs-virtual-probe", "aria-hidden": "true" }, "\u00a0");
}

/** Clip a line to the characters that are drawn. */
function clip(all: Span[]): Span[] {
  const kept: Span[] = [];
  let room = MAX_LINE;
  for (const { text, css } of all) {
    if (room <= 0) break;
    kept.push({ text: text.slice(0, room), css });
    room -= text.length;
  }
  return kept;
}

/** Split the spans of a line where the search term begins and ends. */
export function splitFound(all: Span[], places: [number, number][]): (Span & { found: boolean })[] {
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

function markFound(all: Span[], places: [number, number][]): (Node | string)[] {
  return splitFound(all, places).map(({ text, css, found }) => {
    const inner = found ? element("mark", {}, text) : text;
    if (css === "") return inner;
    const span = element("span", {}, inner);
    span.style.cssText = css; // not the attribute, which a content security policy may forbid
    return span;
  });
}

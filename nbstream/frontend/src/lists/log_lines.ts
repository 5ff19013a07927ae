// Filters and searches the lines of a log. No DOM in here.
import { stripAnsi } from "../ui/ansi.ts";
import { escapeInvisible } from "../ui/invisible_characters.ts";

/** A line of a log; `continued` where it continues the line before. */
export type LogEntry = [level: string, line: string, continued?: 1];

/** The levels to choose from, each with all that are more severe. */
export const LEVELS = ["all", "info", "warning", "error"] as const;
export type Level = (typeof LEVELS)[number];

const SEVERITY: Record<string, number> = {
  trace: 0,
  debug: 0,
  warn: 2,
  warning: 2,
  error: 3,
  critical: 3,
  fatal: 3,
};

/** Get the severity of a level: 0 to 3, the indexes of LEVELS; that of info if unknown. */
export function getSeverity(level: string): number {
  return Object.hasOwn(SEVERITY, level) ? SEVERITY[level]! : 1;
}

/** Finds lines by their number in the whole log, which stays the same when the oldest
 *  lines are dropped. */
export class LogLines {
  /** The numbers of the lines that are shown, in order. */
  shown: number[] = [];
  /** The numbers of those that contain the search term. */
  found: number[] = [];
  #entries: readonly LogEntry[] = [];
  #first = 0;
  #end = 0;
  #minSeverity = 0;
  #term: RegExp | null = null;

  /**
   * Set the lines of the log.
   *
   * @param entries All lines that are kept.
   * @param first The number of the first of them.
   * @returns How many of the new lines are shown.
   */
  update(entries: readonly LogEntry[], first: number): number {
    this.#entries = entries;
    this.#first = first;
    dropBelow(this.shown, first);
    dropBelow(this.found, first);
    const before = this.shown.length;
    const end = first + entries.length;
    for (let n = Math.max(this.#end, first); n < end; n++) this.#add(n);
    this.#end = end;
    return this.shown.length - before;
  }

  /** Remove the last lines, which are overwritten; returns their numbers. */
  undo(count: number): number[] {
    const from = Math.max(this.#end - count, this.#first);
    const undone = Array.from({ length: this.#end - from }, (_, i) => from + i);
    for (const numbers of [this.shown, this.found]) numbers.length = findAtLeast(numbers, from);
    this.#end = from;
    return undone;
  }

  /** Show the lines that are at least this severe. */
  filter(level: Level): void {
    this.#minSeverity = LEVELS.indexOf(level);
    this.#refilter();
  }

  /** Find the lines that contain this text; none if it is empty. */
  search(text: string): void {
    this.#term = text === "" ? null : new RegExp(escapeRegExp(text), "gi");
    this.#refilter();
  }

  entry(n: number): LogEntry {
    return this.#entries[n - this.#first]!;
  }

  /** Get the text of a line as it is shown and searched. */
  text(n: number): string {
    return escapeInvisible(stripAnsi(this.entry(n)[1]));
  }

  /** Find where in a text the search term begins and ends. */
  findIn(text: string): [number, number][] {
    if (this.#term === null) return [];
    this.#term.lastIndex = 0;
    return [...text.matchAll(this.#term)].map((m) => [m.index, m.index + m[0].length]);
  }

  #refilter(): void {
    this.shown = [];
    this.found = [];
    for (let n = this.#first; n < this.#end; n++) this.#add(n);
  }

  #add(n: number): void {
    if (this.#minSeverity > 0 && getSeverity(this.entry(n)[0]) < this.#minSeverity) return;
    this.shown.push(n);
    if (this.#term === null) return;
    this.#term.lastIndex = 0;
    if (this.#term.test(this.text(n))) this.found.push(n);
  }
}

/** Find the index of the first number that is at least `n`, in sorted numbers. */
export function findAtLeast(numbers: readonly number[], n: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < n) low = middle + 1;
    else high = middle;
  }
  return low;
}

function dropBelow(numbers: number[], least: number): void {
  const count = findAtLeast(numbers, least);
  if (count > 0) numbers.splice(0, count);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

// Which lines of a log are shown, and which of those are found. No page in here.
import { plain } from "../ui/ansi.ts";
import { visible } from "../ui/invisible_characters.ts";

/** The third is there where a line goes on from the one before. */
export type Entry = [level: string, line: string, continued?: 1];

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

/** 0 to 3, as in LEVELS. A level that is not known is taken for info. */
export function severity(level: string): number {
  return Object.hasOwn(SEVERITY, level) ? SEVERITY[level]! : 1;
}

/** Lines go by their number in the whole log, which stays when the oldest are let go. */
export class LogLines {
  /** The numbers of the lines that are shown, in order. */
  shown: number[] = [];
  /** Those of them that hold what is searched for. */
  found: number[] = [];
  #entries: readonly Entry[] = [];
  #first = 0;
  #end = 0;
  #least = 0;
  #wanted: RegExp | null = null;

  /**
   * Take in what the log now is.
   *
   * @param entries All that is kept of it.
   * @param first The number of the first of them.
   * @returns How many shown lines are gone from the front, and new at the end.
   */
  update(entries: readonly Entry[], first: number): { gone: number; fresh: number } {
    this.#entries = entries;
    this.#first = first;
    const gone = letGo(this.shown, first);
    letGo(this.found, first);
    const before = this.shown.length;
    const end = first + entries.length;
    for (let n = Math.max(this.#end, first); n < end; n++) this.#take(n);
    this.#end = end;
    return { gone, fresh: this.shown.length - before };
  }

  /** Forget the last lines, which are written over; returns their numbers. */
  undo(count: number): number[] {
    const from = Math.max(this.#end - count, this.#first);
    const undone = Array.from({ length: this.#end - from }, (_, i) => from + i);
    for (const numbers of [this.shown, this.found]) numbers.length = firstAtLeast(numbers, from);
    this.#end = from;
    return undone;
  }

  /** Show the lines that are at least this severe. */
  filter(level: Level): void {
    this.#least = LEVELS.indexOf(level);
    this.#again();
  }

  /** Find the lines with this text; nothing is found without. */
  search(text: string): void {
    this.#wanted = text === "" ? null : new RegExp(escaped(text), "gi");
    this.#again();
  }

  entry(n: number): Entry {
    return this.#entries[n - this.#first]!;
  }

  /** The line as it is read, and looked through. */
  text(n: number): string {
    return visible(plain(this.entry(n)[1]));
  }

  /** Where the text that is searched for begins and ends. */
  places(text: string): [number, number][] {
    if (this.#wanted === null) return [];
    this.#wanted.lastIndex = 0;
    return [...text.matchAll(this.#wanted)].map((m) => [m.index, m.index + m[0].length]);
  }

  #again(): void {
    this.shown = [];
    this.found = [];
    for (let n = this.#first; n < this.#end; n++) this.#take(n);
  }

  #take(n: number): void {
    if (this.#least > 0 && severity(this.entry(n)[0]) < this.#least) return;
    this.shown.push(n);
    if (this.#wanted === null) return;
    this.#wanted.lastIndex = 0;
    if (this.#wanted.test(this.text(n))) this.found.push(n);
  }
}

/** The index of the first number that is at least `n`, in sorted numbers. */
export function firstAtLeast(numbers: readonly number[], n: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < n) low = middle + 1;
    else high = middle;
  }
  return low;
}

function letGo(numbers: number[], below: number): number {
  const count = firstAtLeast(numbers, below);
  if (count > 0) numbers.splice(0, count);
  return count;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

// Splits streamed markdown into finished blocks, which no later text can change, and one that
// is open.
//
// The same text gives the same blocks however it was cut into deltas: only whole lines
// decide, and what is too long is cut where the text says, not where a delta ended.
import { type BlockSource, splitBlocks } from "./grammar.ts";
import { DISPLAY_MATH_OPENS } from "./rules/math.ts";

export interface Piece {
  /** Its part of the text, to the character. */
  source: string;
  /** What to render: `source`, after the table's header if it continues a table. */
  markdown: string;
  /** If it is code: the code, and the words after the fence. */
  code?: { text: string; info: string };
  /** Whether it continues a block that was cut for its length. */
  continues: boolean;
}

// An open block is drawn again with each delta, so its length is what a delta costs.
const LIMIT = 4096;
const FENCE_LIMIT = 2 * LIMIT;
// Of one line, which is cut only if it must be.
const LINE_LIMIT = 4 * LIMIT;

const FENCE = /^( {0,3})(`{3,}(?=[^`\n]*\n)|~{3,})([^\n]*)\n/;
const BLANK = /^(?:[ \t]*\n)+/;
const HEADER = /^[^\n]*\n[^\n]*\n/;
const ENDED_BY_BLANK_LINE = new Set([
  ...["paragraph_open", "heading_open", "table_open"],
  ...["display_math", "footnote_open", "reference_definition"],
]);

interface Fence {
  indent: RegExp;
  close: RegExp;
  maybeClose: RegExp;
  info: string;
}

export class Splitter {
  #tail = "";
  #fence: Fence | null = null;
  #opener = 0; // how much of the tail is the line that opened the fence
  #scanned = 0; // how much of the tail is known not to close it
  #header = ""; // of the table that continues
  #continues = false;

  /** Append text; returns the blocks that it finished. */
  push(text: string): Piece[] {
    // Of the same length, so that pieces can be counted against what is dropped.
    this.#tail += text.replaceAll("\r", " ").replaceAll("\0", "\ufffd");
    const done: Piece[] = [];
    while (this.#advance(done));
    return done;
  }

  /** The open block. Its markdown is as received. */
  get open(): Piece {
    const source = this.#tail;
    const piece = this.#piece(source);
    if (this.#fence !== null) {
      const partial = source.slice(source.lastIndexOf("\n") + 1);
      const held = source.length > this.#opener && this.#fence.maybeClose.test(partial);
      const shown = held ? source.slice(0, source.length - partial.length) : source;
      piece.code = this.#codeOf(shown.slice(this.#opener));
    }
    return piece;
  }

  #piece(source: string): Piece {
    return { source, markdown: this.#header + source, continues: this.#continues };
  }

  #advance(done: Piece[]): boolean {
    if (this.#fence !== null) return this.#advanceFence(this.#fence, done);
    const tail = this.#tail;
    const blank = BLANK.exec(tail)?.[0];
    if (blank !== undefined) {
      this.#header = "";
      this.#continues = false;
      return this.#finish(done, this.#piece(blank));
    }
    const fence = FENCE.exec(tail);
    if (fence !== null && this.#header === "") {
      this.#begin(fence);
      return true;
    }
    return this.#advanceLines(done);
  }

  #begin([line, indent, marker, info]: RegExpExecArray): void {
    this.#fence = {
      indent: new RegExp(`^ {0,${indent!.length}}`, "gm"),
      close: new RegExp(`^ {0,3}${marker}${marker![0]}*[ \\t]*$`),
      maybeClose: new RegExp(`^ {0,3}${marker![0]}+[ \\t]*$`),
      info: info!,
    };
    this.#continues = false;
    this.#opener = line.length;
    this.#scanned = line.length;
  }

  #codeOf(text: string): { text: string; info: string } {
    const { indent, info } = this.#fence!;
    return { text: indent.source === "^ {0,0}" ? text : text.replace(indent, ""), info };
  }

  #advanceFence(fence: Fence, done: Piece[]): boolean {
    for (;;) {
      const from = this.#scanned;
      const end = this.#tail.indexOf("\n", from) + 1;
      if (end === 0) return false;
      this.#scanned = end;
      const closes = fence.close.test(this.#tail.slice(from, end - 1));
      if (!closes && end < FENCE_LIMIT) continue;
      const piece = this.#piece(this.#tail.slice(0, end));
      piece.code = this.#codeOf(this.#tail.slice(this.#opener, closes ? from : end));
      if (closes) this.#fence = null;
      this.#opener = 0;
      this.#scanned = 0;
      this.#finish(done, piece);
      this.#continues = !closes;
      return true;
    }
  }

  #advanceLines(done: Piece[]): boolean {
    const tail = this.#tail;
    const past = tail.indexOf("\n", LIMIT) + 1;
    const full = past > 0 && past <= LINE_LIMIT;
    const until = full ? past : tail.lastIndexOf("\n", LIMIT) + 1;
    const lines = tail.slice(0, full ? until : findMathStart(tail.slice(0, until)));
    if (lines !== "") {
      const blocks = splitBlocks(this.#header + lines);
      const finished = this.#finished(blocks, lines);
      if (finished.length > 0) return this.#finishAll(done, finished);
      // What is too long is cut: a list between its items.
      const [first] = blocks;
      if (full) return this.#cut(done, first?.items.at(-1) ?? lines.length, first?.type === "table_open");
    }
    if (tail.length <= LINE_LIMIT) return false;
    const space = tail.lastIndexOf(" ", LINE_LIMIT - 1) + 1;
    return this.#cut(done, space > LIMIT ? space : LINE_LIMIT, false);
  }

  /** The sources of those blocks that no further line can change. */
  #finished(blocks: BlockSource[], lines: string): string[] {
    const sources = blocks.map((block) => block.source);
    const last = blocks.at(-1);
    const ended =
      last?.type === "hr" ||
      (last?.type === "heading_open" && last.markup.startsWith("#")) ||
      (/\n[ \t]*\n$/.test(lines) && ENDED_BY_BLANK_LINE.has(last?.type ?? ""));
    if (!ended) sources.pop();
    if (sources.length > 0) sources[0] = sources[0]!.slice(this.#header.length);
    return sources;
  }

  #finishAll(done: Piece[], sources: string[]): boolean {
    for (const source of sources) {
      this.#finish(done, this.#piece(source));
      this.#header = "";
      this.#continues = false;
    }
    return true;
  }

  #cut(done: Piece[], length: number, table: boolean): boolean {
    const piece = this.#piece(this.#tail.slice(0, length));
    if (table && this.#header === "") this.#header = HEADER.exec(piece.source)?.[0] ?? "";
    this.#finish(done, piece);
    this.#continues = true;
    return true;
  }

  #finish(done: Piece[], piece: Piece): boolean {
    this.#tail = this.#tail.slice(piece.source.length);
    done.push(piece);
    return true;
  }
}

/** Find where display math opens that is not closed yet: its lines are not markdown. */
function findMathStart(lines: string): number {
  const opens = new RegExp(DISPLAY_MATH_OPENS, "gm");
  opens.lastIndex = lines.lastIndexOf("\n\n") + 1;
  for (let found = opens.exec(lines); found !== null; found = opens.exec(lines)) {
    const close = lines.indexOf(found[0].endsWith("$") ? "$$" : "\\]", opens.lastIndex);
    if (close < 0) return found.index;
    opens.lastIndex = close + 2;
  }
  return lines.length;
}

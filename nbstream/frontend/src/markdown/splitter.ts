// Cuts streamed markdown into blocks that nothing can change any more, and one that is open.
//
// The same text gives the same blocks however it was cut into deltas: only whole lines
// decide, and what is too long is cut where the text says, not where a delta ended.
import type { Token, Tokens } from "marked";
import { blocksOf, DISPLAY_MATH_OPENS } from "./grammar.ts";

export interface Piece {
  /** Its part of the text, to the character. */
  source: string;
  /** What it reads as: `source`, or more if it continues a table. */
  markdown: string;
  /** If it is code: the code, and the words after the fence. */
  code?: { text: string; info: string };
  /** It goes on with what was cut for its length. */
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
  #header = ""; // of the table that goes on
  #continues = false;

  /** Take text in; returns the blocks that it finished. */
  push(text: string): Piece[] {
    // Of the same length, so that pieces can be counted against what is dropped.
    this.#tail += text.replaceAll("\r", " ");
    const done: Piece[] = [];
    while (this.#advance(done));
    return done;
  }

  /** The block that is still open. Its markdown is as it came. */
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
      close: new RegExp(`^ {0,3}${marker}[~\`]* *$`),
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
    const lines = tail.slice(0, full ? until : mathStart(tail.slice(0, until)));
    if (lines !== "") {
      const tokens = blocksOf(this.#header + lines).filter((token) => token.raw !== "");
      const finished = this.#finished(tokens, lines);
      if (finished.length > 0) return this.#finishAll(done, finished);
      if (full) return this.#cut(done, cutLength(tokens, lines), tokens[0]!.type === "table");
    }
    if (tail.length <= LINE_LIMIT) return false;
    const space = tail.lastIndexOf(" ", LINE_LIMIT - 1) + 1;
    return this.#cut(done, space > LIMIT ? space : LINE_LIMIT, false);
  }

  /** Those tokens that no further line can change, each with the space after it. */
  #finished(tokens: Token[], lines: string): string[] {
    const raws: string[] = [];
    let last: Token | undefined;
    for (const token of tokens) {
      if (token.type === "space" && raws.length > 0) raws[raws.length - 1] += token.raw;
      else raws.push(token.raw);
      if (token.type !== "space") last = token;
    }
    const closed =
      last?.type === "hr" ||
      (last?.type === "heading" && last.raw.trimStart().startsWith("#")) ||
      (/\n[ \t]*\n$/.test(lines) && ["paragraph", "heading", "table", "displayMath"].includes(last!.type));
    if (!closed) raws.pop();
    if (raws.length > 0) raws[0] = raws[0]!.slice(this.#header.length);
    return raws;
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

/** How much of a block that is too long is cut off: a list between its items. */
function cutLength(tokens: Token[], lines: string): number {
  const [first] = tokens;
  if (first?.type === "list") {
    const items = (first as Tokens.List).items;
    const length = items.slice(0, -1).reduce((sum, item) => sum + item.raw.length, 0);
    if (length > 0) return length;
  }
  return lines.length;
}

/** Where display math begins that is not closed yet; its lines are no markdown. */
function mathStart(lines: string): number {
  const from = Math.max(lines.lastIndexOf("\n\n") + 2, 0);
  let at = from < 2 ? 0 : from;
  for (;;) {
    const rest = lines.slice(at);
    const opens = DISPLAY_MATH_OPENS.exec(rest);
    if (opens === null) return lines.length;
    const inside = opens.index + opens[0].length;
    const close = rest.indexOf(opens[0].endsWith("$") ? "$$" : "\\]", inside);
    if (close < 0) return at + opens.index;
    at += close + 2;
  }
}

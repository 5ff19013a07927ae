// Math: display math as a block of its own, inline math in words.
//
// The twin is nbstream/rendering/rules/math.py; tests/cases/markdown.json holds both to
// the same.
import type { MarkdownIt, StateBlock, StateInline } from "markdown-it";
import { MAX_CHARACTERS } from "../formulas.ts";

// Math without an end is searched no further than a formula may be long, so that thousands
// of beginnings cost no more than their number.
const MANY = `{1,${MAX_CHARACTERS}}`;
const DISPLAY_MATH = new RegExp(
  String.raw`^ {0,3}(?:\$\$(?:(?!\$\$|\n[ \t]*\n)[^])${MANY}\$\$|\\\[(?:(?!\\\]|\n[ \t]*\n)[^])${MANY}\\\])[ \t]*(?:\n|$)`,
);
const INLINE_MATH = new RegExp(
  String.raw`^(?:\$\$(?:\\[^]|[^\\$])${MANY}\$\$|\$(?![\s$])(?:\\.|[^\\$\n])${MANY}(?<!\s)\$(?!\d)|` +
    String.raw`\\\((?:(?!\\\))[^])${MANY}\\\)|\\\[(?:(?!\\\])[^])${MANY}\\\])`,
);
const CLOSES = new Map([
  ["$$", "$$"],
  ["\\(", "\\)"],
  ["\\[", "\\]"],
]);

/** Where display math may open, on a line of its own. */
export const DISPLAY_MATH_OPENS = /^ {0,3}(?:\$\$|\\\[)/m;

/** Add both kinds of math to a parser. */
export function addMath(md: MarkdownIt): void {
  const alt = ["paragraph", "reference", "blockquote", "list"];
  md.block.ruler.before("fence", "math", readDisplayMath, { alt });
  md.inline.ruler.before("escape", "math", readInlineMath);
}

function readDisplayMath(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if (state.sCount[startLine]! - state.blkIndent >= 4) return false;
  const start = state.bMarks[startLine]! + state.tShift[startLine]!;
  const opening = state.src.slice(start, start + 2);
  if (opening !== "$$" && opening !== "\\[") return false;
  const end = state.src.slice(start, start + MAX_CHARACTERS).indexOf(CLOSES.get(opening)!, 2);
  if (end < 0) return false;
  let last = startLine + 1;
  while (last < endLine && state.eMarks[last - 1]! < start + end) last += 1;
  const found = DISPLAY_MATH.exec(state.getLines(startLine, last, state.blkIndent, false))?.[0];
  if (found === undefined) return false;
  if (!silent) {
    const token = state.push("display_math", "p", 0);
    token.content = found.trim();
    state.line = startLine + found.trimEnd().split("\n").length;
    token.map = [startLine, state.line];
  }
  return true;
}

function readInlineMath(state: StateInline, silent: boolean): boolean {
  const found = readMath(state.src, state.pos, state.posMax);
  if (found === undefined) return false;
  if (!silent) state.push("inline_math", "span", 0).content = found;
  state.pos += found.length;
  return true;
}

/** Read the formula that begins at `start`, with its delimiters. */
function readMath(text: string, start: number, end: number): string | undefined {
  if (text[start] !== "$" && text[start] !== "\\") return undefined;
  const near = text.slice(start, Math.min(end, start + MAX_CHARACTERS));
  const close = CLOSES.get(near.slice(0, 2));
  if (close !== undefined && !near.includes(close, 2)) return undefined;
  return INLINE_MATH.exec(near)?.[0];
}

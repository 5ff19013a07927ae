// Footnotes: `[^1]` is a raised number where the text has a `[^1]: note`, and the note
// stays where it is written.
//
// The twin is nbstream/rendering/rules/footnotes.py; tests/cases/markdown.json holds both to
// the same.
import MarkdownItClass, { type MarkdownIt, type StateBlock, type StateInline } from "markdown-it";

const { normalizeReference } = new MarkdownItClass().utils;
const NOTE = /^\[(\^[^\s[\]]{1,60})\]:[ \t]*/;
const MARK = /^\[(\^[^\s[\]]{1,60})\]/;
const LONGEST = 80;

/** Add footnotes to a parser. */
export function addFootnotes(md: MarkdownIt): void {
  md.block.ruler.before("reference", "footnote", readNote, { alt: ["paragraph", "reference"] });
  md.inline.ruler.before("link", "footnote_mark", readMark);
}

/** Read a note: a paragraph, and among the links that the text defines its label. */
function readNote(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if (state.sCount[startLine]! - state.blkIndent >= 4) return false;
  const start = state.bMarks[startLine]! + state.tShift[startLine]!;
  const found = NOTE.exec(state.src.slice(start, Math.min(start + LONGEST, state.eMarks[startLine]!)));
  if (found === null) return false;
  if (silent) return true;
  const last = findParagraphEnd(state, startLine, endLine);
  const [marker, label] = [found[0], found[1]!];
  const open = state.push("footnote_open", "p", 1);
  open.info = label.slice(1);
  open.map = [startLine, last];
  const words = state.push("inline", "", 0);
  words.content = state.getLines(startLine, last, state.blkIndent, false).trim().slice(marker.length).trim();
  words.map = [startLine, last];
  words.children = [];
  state.push("footnote_close", "p", -1);
  state.line = last;
  state.env.references ??= {};
  const labels = state.env.references;
  labels[normalizeReference(label)] ??= { href: "", title: "" };
  return true;
}

/** The line after a paragraph, which some blocks end without a blank line. */
function findParagraphEnd(state: StateBlock, startLine: number, endLine: number): number {
  const rules = state.md.block.ruler.getRules("paragraph");
  const parent = state.parentType;
  state.parentType = "paragraph";
  let line = startLine + 1;
  for (; line < endLine && !state.isEmpty(line); line++) {
    if (state.sCount[line]! - state.blkIndent > 3 || state.sCount[line]! < 0) continue;
    if (rules.some((rule) => rule(state, line, endLine, true))) break;
  }
  state.parentType = parent;
  return line;
}

function readMark(state: StateInline, silent: boolean): boolean {
  if (!state.src.startsWith("[^", state.pos)) return false;
  const found = MARK.exec(state.src.slice(state.pos, Math.min(state.pos + LONGEST, state.posMax)));
  if (found === null || state.env.references?.[normalizeReference(found[1]!)] === undefined) return false;
  if (!silent) state.push("footnote_mark", "sup", 0).content = found[1]!.slice(1);
  state.pos += found[0].length;
  return true;
}

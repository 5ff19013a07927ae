// The HTML that models write in markdown, as in tables: `<br>`, `<sub>` and `<sup>`, without
// attributes and closed. All other HTML is text.
//
// The twin is nbstream/rendering/rules/tags.py; tests/cases/markdown.json holds both to
// the same.
import type { MarkdownIt, StateInline } from "markdown-it";

// A line's end after it is the same break.
const BREAK = /^<br[ \t]*\/?>[ \t]*\n?/i;
const RAISED = /^<(sub|sup)>([\s\S]{1,200}?)<\/\1>/i;
const LONGEST = 220;

/** Add these tags to a parser. */
export function addTags(md: MarkdownIt): void {
  md.inline.ruler.before("autolink", "tags", readTag);
}

function readTag(state: StateInline, silent: boolean): boolean {
  const start = state.pos;
  if (state.src[start] !== "<") return false;
  const near = state.src.slice(start, Math.min(start + LONGEST, state.posMax));
  const found = BREAK.exec(near) ?? RAISED.exec(near);
  if (found === null) return false;
  const [whole, name, inside] = found;
  const end = start + whole.length;
  if (!silent && name === undefined) state.push("hardbreak", "br", 0);
  else if (!silent) readInside(state, name!.toLowerCase(), start + "<sub>".length, inside!.length);
  state.pos = end;
  return true;
}

function readInside(state: StateInline, name: string, start: number, length: number): void {
  const max = state.posMax;
  state.pos = start;
  state.posMax = start + length;
  state.push(`${name}_open`, name, 1);
  state.md.inline.tokenize(state);
  state.push(`${name}_close`, name, -1);
  state.posMax = max;
}

// Emphasis beside Chinese, Japanese and Korean letters and punctuation, which have no
// spaces around them: CommonMark alone leaves `含**「重点」**内容` as it is.
//
// The twin is nbstream/rendering/rules/emphasis.py; tests/cases/markdown.json holds both to
// the same.
import type { MarkdownIt, StateInline } from "markdown-it";

const CJK =
  /[\u1100-\u11ff\u2e80-\u2fff\u3001-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffee\u{20000}-\u{3fffd}]/u;
const STAR = "*";

/** Add emphasis beside such letters to a parser. */
export function addCjkEmphasis(md: MarkdownIt): void {
  md.inline.ruler.before("emphasis", "cjk_emphasis", readStars);
}

function readStars(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  if (silent || src[pos] !== STAR) return false;
  const scanned = state.scanDelims(pos, true);
  const before = pos > 0 ? (/.$/su.exec(src.slice(Math.max(pos - 2, 0), pos))?.[0] ?? "") : "";
  const next = pos + scanned.length;
  const after = next < state.posMax ? String.fromCodePoint(src.codePointAt(next)!) : "";
  if (!CJK.test(before) && !CJK.test(after)) return false;
  const open = after.trim() !== "";
  const close = before.trim() !== "";
  for (let i = 0; i < scanned.length; i++) {
    state.push("text", "", 0).content = STAR;
    const token = state.tokens.length - 1;
    state.delimiters.push({
      marker: STAR.charCodeAt(0),
      length: scanned.length,
      token,
      end: -1,
      open,
      close,
    });
  }
  state.pos = next;
  return true;
}

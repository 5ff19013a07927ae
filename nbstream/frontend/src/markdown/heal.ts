// Closes half-open markdown for the moment: `**bold` is bold before its end has come, and
// what may yet turn out to be a mark is not shown as text first.
//
// `benchmarks/markdown.mjs` compares it with the library remend.
const UNDECIDED = /^[ \t]*(?:[-=*_+#>`~|:]+[ \t]*)*$/;
const TASK = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[(?:[ xX]\]?)?[ \t]*$/;
const NUMBER = /^[ \t]*\d{1,9}[.)][ \t]*$/;
const NEXT_NUMBER = /^[ \t]*\d{1,9}[.)]?[ \t]*$/;
const NUMBERED = /^[ \t]*\d{1,9}[.)][ \t]/m;
const NESTED_FENCE = /^[ \t]*(?:(?:[-*+>]|\d{1,9}[.)])[ \t]+)*(?:`{3,}|~{3,})/gm;
// A header with no more than the beginning of the line that would make it a table.
const TABLE_HEADER = /(?:^|\n)[ \t]*\|[^\n]*(?:\n[ \t|:-]*)?$/;
const TABLE = /(?:^|\n)[ \t]*\|[^\n]*\n[ \t]*\|?[ \t]*:?-[ \t|:-]*\n/;
const BLOCK_START = /(?:^|\n)[ \t]*(?:\n|(?:[-*+>|]|#{1,6}|\d{1,9}[.)])[ \t])/g;
// How far from its beginning the end of a mark is searched.
const NEAR = 2000;
const HALF_TAG = /(?:<\/?(?:b|br[ \t]*\/?|s|su|su[bp])?|<su[bp]>)$/i;
const TAG = /^<(\/?)(sub|sup)>/i;
const PUNCTUATION = /[\\`*_{}[\]<>$~|!]/g;

/** A mark that is open, and what closes it. */
interface Opened {
  mark: string;
  close: string;
  at: number;
}

/** An open block, such that what is shown of it changes little with what comes. */
export function heal(open: string): string {
  const start = open.lastIndexOf("\n") + 1;
  let text = open;
  const [before, partial] = [open.slice(0, start), open.slice(start)];
  if (UNDECIDED.test(partial) || TASK.test(partial)) text = before;
  else if (NEXT_NUMBER.test(partial) && NUMBERED.test(before)) text = before;
  else if (NUMBER.test(partial)) return before + partial.replace(/[.)]/, "\\$&");
  if ((text.match(NESTED_FENCE)?.length ?? 0) % 2 === 1) return text;
  if (!TABLE.test(text)) text = text.replace(TABLE_HEADER, "");
  let run = 0;
  for (const { index, 0: match } of text.matchAll(BLOCK_START)) run = index + match.length;
  return text.slice(0, run) + closeMarks(text.slice(run));
}

/** A run of words with its open marks closed. */
export function closeMarks(words: string): string {
  const run = words.replace(HALF_TAG, "");
  const open: Opened[] = [];
  const lastLink = run.lastIndexOf("](");
  let i = 0;
  while (i < run.length) {
    const rest = run.slice(i, i + NEAR);
    const math = findMathEnd(rest);
    if (math === Infinity) return closeAll(run.slice(0, i), open) + run.slice(i).replace(PUNCTUATION, "\\$&");
    if (math > 0) i += math;
    else if (run[i] === "\\") i += 2;
    else if ((run[i] === "[" && i < lastLink) || rest.startsWith("![")) {
      const link = /^!?\[[^\]]*\]\([^)\n]*\)/.exec(rest)?.[0];
      if (link !== undefined) i += link.length;
      else if (/^!\[[^\]]*(?:\](?:\([^)\n]*)?)?$/.test(rest)) return closeAll(run.slice(0, i), open);
      else {
        const half = /^\[([^\]]*)\]\([^)\n]*$/.exec(rest);
        if (half !== null) return closeAll(run.slice(0, i) + closeMarks(half[1]!), open);
        i += 1;
      }
    } else if (run[i] === "`") {
      const ticks = /^`+/.exec(rest)![0];
      const end = findCodeEnd(run, i + ticks.length, ticks.length);
      if (end < 0) {
        const code = run.slice(i + ticks.length).trim();
        if (code === "") return closeAll(run.slice(0, i), open);
        return closeAll(`${run.replace(/`+$/, "")}${ticks}`, open);
      }
      i = end;
    } else i += readMark(run, i, rest, open);
  }
  return closeAll(run, open);
}

/** The length of the math that begins here: 0 for no math, Infinity if its end is to come. */
function findMathEnd(rest: string): number {
  const opening = /^(?:\$\$?|\\[([])/.exec(rest)?.[0];
  if (opening === undefined) return 0;
  if (opening === "$") return /^\$(?!\s)[^$\n]*\$/.exec(rest)?.[0].length ?? 0;
  const close = opening === "$$" ? "$$" : opening === "\\(" ? "\\)" : "\\]";
  const end = rest.indexOf(close, 2);
  return end > 0 ? end + 2 : rest.length < NEAR ? Infinity : 0;
}

function findCodeEnd(run: string, from: number, length: number): number {
  for (const { index, 0: ticks } of run.slice(from).matchAll(/`+/g)) {
    if (ticks.length === length) return from + index + length;
  }
  return -1;
}

/** Take a mark of emphasis or a tag in; returns its length, 1 for other characters. */
function readMark(run: string, at: number, rest: string, open: Opened[]): number {
  const [tag, slash, name] = TAG.exec(rest) ?? [];
  if (tag !== undefined) {
    if (slash) closeLast(open, (one) => one.close === `</${name}>`);
    else open.push({ mark: tag, close: `</${name}>`, at });
    return tag.length;
  }
  const mark = /^(?:\*{1,3}|_{1,3}|~{1,2})/.exec(rest)?.[0];
  if (mark === undefined) return 1;
  const before = run[at - 1] ?? " ";
  const after = run[at + mark.length];
  // In a word it is a character, and at the end it may be one.
  if (mark[0] === "_" && /\w/.test(before)) {
    const isHalf = after === undefined && open.some((one) => one.mark.startsWith(mark));
    if (!isHalf && /\w/.test(after ?? "x")) return mark.length;
  }
  const closes = !/\s/.test(before) && closeLast(open, (one) => one.mark === mark);
  // At the very end it is half of something: of a beginning, or of an end.
  const opens = after === undefined || (!/\s/.test(after) && mark !== "~");
  if (!closes && opens) open.push({ mark, close: mark, at });
  return mark.length;
}

/** Close the last open mark of a kind, and those inside of it; returns false for none. */
function closeLast(open: Opened[], isIt: (one: Opened) => boolean): boolean {
  for (let i = open.length - 1; i >= 0; i--) {
    if (!isIt(open[i]!)) continue;
    open.length = i;
    return true;
  }
  return false;
}

function closeAll(run: string, open: readonly Opened[]): string {
  const last = open.at(-1);
  const text = last !== undefined && last.at + last.mark.length === run.length ? run.slice(0, last.at) : run;
  const words = text.trimEnd();
  const marks = open.filter(({ mark, at }) => at + mark.length < words.length);
  return (
    words +
    marks
      .map(({ close }) => close)
      .reverse()
      .join("") +
    text.slice(words.length)
  );
}

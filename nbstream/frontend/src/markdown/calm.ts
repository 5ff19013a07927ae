// Half-open markdown, closed for the moment: `**bold` is bold before its end has come, and
// what may yet turn out to be a mark is not shown as text first.
const UNDECIDED = /^[ \t]*(?:[-=*_+#>`~|:]+[ \t]*)*$/;
const NUMBER = /^[ \t]*\d{1,9}[.)][ \t]*$/;
const NESTED_FENCE = /^[ \t]*(?:(?:[-*+>]|\d{1,9}[.)])[ \t]+)*(?:`{3,}|~{3,})/gm;
// A header with no more than the beginning of the line that would make it a table.
const TABLE_HEADER = /(?:^|\n)[ \t]*\|[^\n]*(?:\n[ \t|:-]*)?$/;
const TABLE = /(?:^|\n)[ \t]*\|[^\n]*\n[ \t]*\|?[ \t]*:?-[ \t|:-]*\n/;
const BLOCK_START = /(?:^|\n)[ \t]*(?:\n|(?:[-*+>|]|#{1,6}|\d{1,9}[.)])[ \t])/g;

/** An open block, such that what is shown of it changes little with what comes. */
export function calm(open: string): string {
  const start = open.lastIndexOf("\n") + 1;
  let text = open;
  const partial = open.slice(start);
  if (UNDECIDED.test(partial)) text = open.slice(0, start);
  else if (NUMBER.test(partial)) return open.slice(0, start) + partial.replace(/[.)]/, "\\$&");
  if ((text.match(NESTED_FENCE)?.length ?? 0) % 2 === 1) return text;
  if (!TABLE.test(text)) text = text.replace(TABLE_HEADER, "");
  let run = 0;
  for (const { index, 0: match } of text.matchAll(BLOCK_START)) run = index + match.length;
  return text.slice(0, run) + healed(text.slice(run));
}

/** A run of words with its open marks closed. */
export function healed(run: string): string {
  const open: { mark: string; at: number }[] = [];
  let i = 0;
  while (i < run.length) {
    const rest = run.slice(i, i + 2000);
    const mark = /^(?:`+|\*{1,3}|_{1,3}|~~)/.exec(rest)?.[0];
    if (run[i] === "\\") i += 2;
    else if (run[i] === "$") i += /^\$(?!\s)[^$\n]*\$|^\$\$[^$]*\$\$/.exec(rest)?.[0].length ?? 1;
    else if (run[i] === "[" || rest.startsWith("![")) {
      const whole = /^!?\[[^\]]*\]\([^)\n]*\)/.exec(rest)?.[0];
      if (whole !== undefined) i += whole.length;
      else if (/^!\[[^\]]*(?:\](?:\([^)\n]*)?)?$/.test(rest)) return closed(run.slice(0, i), open);
      else {
        const half = /^\[([^\]]*)\]\([^)\n]*$/.exec(rest);
        if (half !== null) return closed(run.slice(0, i) + healed(half[1]!), open);
        i += 1;
      }
    } else if (mark === undefined) i += 1;
    else if (mark[0] === "`") {
      const inside = i + mark.length;
      const end = endOfCode(run, inside, mark.length);
      if (end < 0) {
        const code = run.slice(inside).trim();
        if (code === "") return closed(run.slice(0, i), open);
        return closed(`${run.replace(/`+$/, "")}${mark}`, open);
      }
      i = end;
    } else {
      emphasis(run, i, mark, open);
      i += mark.length;
    }
  }
  return closed(run, open);
}

function endOfCode(run: string, from: number, length: number): number {
  for (const { index, 0: ticks } of run.slice(from).matchAll(/`+/g)) {
    if (ticks.length === length) return from + index + length;
  }
  return -1;
}

function emphasis(run: string, at: number, mark: string, open: { mark: string; at: number }[]): void {
  const before = run[at - 1] ?? " ";
  const after = run[at + mark.length] ?? " ";
  const within = mark[0] === "_" && /\w/.test(before) && /\w/.test(after);
  if (within) return;
  const opener = open.map((one) => one.mark).lastIndexOf(mark);
  if (opener >= 0 && !/\s/.test(before)) open.length = opener;
  else if (!/\s/.test(after)) open.push({ mark, at });
}

function closed(run: string, open: { mark: string; at: number }[]): string {
  // Marks at the very end are half of something: of a beginning, or of an end.
  const text = run.replace(/(?:(?<=\s|^)(?:\*{1,3}|_{1,3}|~{1,2})|\*{1,2}|~)$/, (mark) =>
    open.length > 0 || /(?:^|\s)$/.test(run.slice(0, -mark.length)) ? "" : mark,
  );
  const words = text.trimEnd();
  const marks = open.filter(({ mark, at }) => at + mark.length < words.length);
  return words + marks.map(({ mark }) => mark).reverse().join("") + text.slice(words.length);
}

// Reads text as markdown and writes it as HTML. Strings only; what the page shows of the
// HTML is sanitised in insert.ts.
//
// The twin is nbstream/rendering/grammar.py, with the same library and the same rules, which
// reads the frozen text; tests/cases/markdown.json holds both to the same.
import MarkdownItClass, { type MarkdownIt, type StateCore, type Token } from "markdown-it";
import { escapeHtml, renderCode } from "./code.ts";
import { prepareFormula } from "./formulas.ts";
import { addCjkEmphasis } from "./rules/emphasis.ts";
import { addFootnotes } from "./rules/footnotes.ts";
import { addLinks } from "./rules/links.ts";
import { addMath } from "./rules/math.ts";
import { addTags } from "./rules/tags.ts";

/** What a text defines, by normalised label: where links lead to, and which notes there are. */
export type Links = Record<string, { href: string; title: string }>;

/** One block of a text. */
export interface BlockSource {
  /** The first token's, such as `paragraph_open`. */
  type: string;
  /** The first token's mark, such as `#` of a heading. */
  markup: string;
  /** Its part of the text, including the blank lines after it. */
  source: string;
  /** Where its second and later items begin in it, if it is a list. */
  items: number[];
}

const LONG_WORD = /\S{30}/;
const TASKS = new Map([
  ["[ ] ", "☐ "],
  ["[x] ", "☑ "],
  ["[X] ", "☑ "],
]);

const md = newParser();

function newParser(): MarkdownIt {
  // Streams are often plain lines; markdown alone would run them together.
  const made = new MarkdownItClass("commonmark", { html: false, breaks: true });
  made.enable(["table", "strikethrough"]);
  for (const add of [addMath, addFootnotes, addCjkEmphasis, addTags, addLinks]) add(made);
  made.core.ruler.push("tasks", tickTasks);
  made.core.ruler.push("cells", styleCells);
  const { rules } = made.renderer;
  const writeCode = (tokens: Token[], i: number) => renderCode(tokens[i]!.content, tokens[i]!.info);
  rules["fence"] = writeCode;
  rules["code_block"] = writeCode;
  rules["display_math"] = (tokens, i) =>
    `${renderMath(tokens[i]!.content, "p", "nbs-math nbs-math-display")}\n`;
  rules["inline_math"] = (tokens, i) => renderMath(tokens[i]!.content, "span", "nbs-math");
  rules["footnote_open"] = (tokens, i) => `<p><sup>${escapeHtml(tokens[i]!.info)}</sup> `;
  rules["footnote_mark"] = (tokens, i) => `<sup>${escapeHtml(tokens[i]!.content)}</sup>`;
  return made;
}

/** Write the boxes of tasks as characters. */
function tickTasks({ tokens }: StateCore): void {
  for (let i = 2; i < tokens.length; i++) {
    if (tokens[i]!.type !== "inline" || tokens[i - 2]!.type !== "list_item_open") continue;
    const first = tokens[i]!.children?.[0];
    const box = first && TASKS.get(first.content.slice(0, 4));
    if (box) first.content = box + first.content.slice(4);
  }
}

/** Style cells by attributes and classes: styles are sanitised away. */
function styleCells({ tokens }: StateCore): void {
  for (const [i, token] of tokens.entries()) {
    if (token.type !== "th_open" && token.type !== "td_open") continue;
    const align = /text-align:(\w+)/.exec(String(token.attrGet("style")))?.[1];
    token.attrs = align === undefined ? null : [["align", align]];
    const isNarrow = token.type === "td_open" && LONG_WORD.test(tokens[i + 1]!.content);
    if (isNarrow) token.attrSet("class", "nbs-narrow");
  }
}

/** Write a formula for the typesetter, or as code if it may not be typeset. */
function renderMath(raw: string, tag: "p" | "span", classes: string): string {
  const formula = prepareFormula(raw);
  if (formula !== undefined) return `<${tag} class="${classes}">${escapeHtml(formula)}</${tag}>`;
  return `<${tag}><code class="nbs-tex">${escapeHtml(raw)}</code></${tag}>`;
}

/** Make a table of labels. They come from the text, and one may be `constructor`. */
export function newLinks(known: Links = {}): Links {
  return Object.assign(Object.create(null) as Links, known);
}

/** Find what may be labels of links and notes in a text. */
export function findLabels(text: string): Set<string> {
  if (!text.includes("[")) return new Set();
  const found = text.matchAll(/\[([^[\]]+)\]/g);
  return new Set(Array.from(found, ([, label]) => md.utils.normalizeReference(label!)));
}

/** Split a text into its blocks, in order; their sources are all of it. */
export function splitBlocks(text: string): BlockSource[] {
  const tokens: Token[] = [];
  try {
    md.block.parse(text, md, { references: newLinks() }, tokens);
  } catch {
    return [{ type: "paragraph_open", markup: "", source: text, items: [] }];
  }
  const outer = tokens.filter((token) => token.level === 0 && token.nesting >= 0 && token.map !== null);
  const lines = findLineStarts(text);
  return outer.map(({ type, markup, map }, i) => {
    const start = i === 0 ? 0 : lines[map![0]]!;
    const end = i + 1 === outer.length ? text.length : lines[outer[i + 1]!.map![0]]!;
    const items = tokens
      .filter((token) => token.type === "list_item_open" && token.level === 1)
      .map((token) => lines[token.map![0]]! - start)
      .filter((at) => at > 0 && at < end - start);
    return { type, markup, source: text.slice(start, end), items };
  });
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Render a text as HTML. What it defines is added to `links`. */
export function renderMarkdown(text: string, links: Links): string {
  try {
    return md.render(text, { references: links });
  } catch {
    // A parser that fails must not stop the rest of the text.
    return `<p>${escapeHtml(text)}</p>\n`;
  }
}

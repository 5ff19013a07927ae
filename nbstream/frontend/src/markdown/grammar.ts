// What text means as markdown, and how that is written as HTML. Of strings only; what the
// page shows of the HTML is sanitised in insert.ts.
//
// The twin is nbstream/rendering/markdown.py, which writes the frozen text: the same line
// breaks, links and math, or freezing would change what is read.
import { Lexer, Marked, Parser, type Token, type Tokens } from "marked";
import { codeHtml, escapeHtml } from "./code.ts";
import { MAX_CHARACTERS, prepareFormula } from "./formulas.ts";

export type Links = Record<string, Pick<Tokens.Link, "href" | "title">>;

const SAFE = /^(?:https?:\/\/|mailto:)/i;

// Math without an end is looked for no further than a formula may be long, so that thousands
// of beginnings cost no more than their number.
const MANY = `{1,${MAX_CHARACTERS}}`;
const DISPLAY_MATH = new RegExp(
  String.raw`^ {0,3}(?:\$\$(?:(?!\$\$|\n[ \t]*\n)[^])${MANY}\$\$|\\\[(?:(?!\\\]|\n[ \t]*\n)[^])${MANY}\\\])[ \t]*(?:\n|$)`,
);
const INLINE_MATH = new RegExp(
  String.raw`^(?:\$\$(?:\\[^]|[^\\$])${MANY}\$\$|\$(?![\s$])(?:\\.|[^\\$\n])${MANY}(?<!\s)\$(?!\d)|` +
    String.raw`\\\((?:(?!\\\))[^])${MANY}\\\)|\\\[(?:(?!\\\])[^])${MANY}\\\])`,
);

/** Where display math may begin, that of a line's own. */
export const DISPLAY_MATH_OPENS = /^ {0,3}(?:\$\$|\\\[)/m;

const math = [
  {
    name: "displayMath",
    level: "block" as const,
    start(src: string) {
      const at = src.search(/\n {0,3}(?:\$\$|\\\[)/);
      return at < 0 ? undefined : at + 1;
    },
    tokenizer(src: string) {
      const raw = DISPLAY_MATH.exec(src)?.[0];
      return raw === undefined ? undefined : { type: "displayMath", raw };
    },
    renderer: ({ raw }: Tokens.Generic) => mathHtml(raw.trim(), "p", "nbs-math nbs-math-display"),
  },
  {
    name: "inlineMath",
    level: "inline" as const,
    // Only the next character that can mean anything is looked for: this is asked for
    // every word.
    start(src: string) {
      const at = src.search(/[$\\<![`*~]/);
      return src[at] === "$" ? at : undefined;
    },
    tokenizer(src: string) {
      const raw = INLINE_MATH.exec(src)?.[0];
      return raw === undefined ? undefined : { type: "inlineMath", raw };
    },
    renderer: ({ raw }: Tokens.Generic) => mathHtml(raw, "span", "nbs-math"),
  },
];

/** A formula for the typesetter, or as it was written where that may not have it. */
function mathHtml(raw: string, tag: "p" | "span", classes: string): string {
  const formula = prepareFormula(raw);
  if (formula !== undefined) return `<${tag} class="${classes}">${escapeHtml(formula)}</${tag}>`;
  return `<${tag}><code class="nbs-tex">${escapeHtml(raw)}</code></${tag}>`;
}

/** Whether a link may lead there: to the web or to mail, and to an address that is one. */
function isSafe(href: string): boolean {
  return SAFE.test(href) && URL.canParse(href);
}

/** A bare address, without the punctuation of the sentence around it. */
function bareUrl(src: string): string | undefined {
  let url = /^https?:\/\/[^\s<>"`]+/i.exec(src)?.[0];
  if (url === undefined) return undefined;
  for (;;) {
    const last = url.at(-1)!;
    const unopened = last === ")" && url.split("(").length < url.split(")").length;
    if (!unopened && !"?!.,:;*_~'|]}".includes(last)) return isSafe(url) ? url : undefined;
    url = url.slice(0, -1);
  }
}

function hostOf(href: string): string {
  return new URL(href).host;
}

function imageWords({ href, text }: Pick<Tokens.Image, "href" | "text">): string {
  return ["image:", text, isSafe(href) ? `(${hostOf(href)})` : ""].filter(Boolean).join(" ");
}

function anchor(href: string, inner: string, title?: string | null): string {
  const hint = title ? ` title="${escapeHtml(title)}"` : "";
  return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer"${hint}>${inner}</a>`;
}

const marked = new Marked({
  gfm: true,
  // Streams are often plain lines; markdown alone would run them together.
  breaks: true,
  extensions: math,
  tokenizer: {
    html: () => undefined, // raw HTML is text
    tag: () => undefined,
    url(src) {
      const url = bareUrl(src);
      if (url === undefined) return undefined;
      return { type: "link", raw: url, text: url, href: url, tokens: [textToken(url)] };
    },
  },
  renderer: {
    code: ({ text, lang }) => codeHtml(text, lang ?? ""),
    link({ href, title, tokens }) {
      // A link in a link would be two; an image becomes one, so not in here.
      const inner = this.parser.parseInline(
        tokens.map((token) =>
          token.type === "image" ? textToken(imageWords(token as Tokens.Image)) : token,
        ),
      );
      return isSafe(href) ? anchor(href, inner, title) : inner;
    },
    // Never loaded by itself: who put it there would learn who reads.
    image: (token) => {
      const words = escapeHtml(imageWords(token));
      return isSafe(token.href) ? anchor(token.href, words, token.title) : words;
    },
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

function textToken(text: string): Tokens.Text {
  return { type: "text", raw: text, text, escaped: false };
}

/** The blocks of a text, without what is inside of them. */
export function blocksOf(text: string): Token[] {
  try {
    return new Lexer(marked.defaults).blockTokens(text);
  } catch {
    return [{ type: "paragraph", raw: text, text, tokens: [] }];
  }
}

/** A text as HTML. Takes the links that the text defines into those that are known. */
export function htmlOf(text: string, links: Links): string {
  try {
    const lexer = new Lexer(marked.defaults);
    lexer.tokens.links = links as typeof lexer.tokens.links;
    return Parser.parse(lexer.lex(text), marked.defaults);
  } catch {
    // Thousands of levels of quotes are more than the parser's stack; they are no answer
    // that anybody reads, so how they look matters less than that the rest goes on.
    return `<p>${escapeHtml(text)}</p>\n`;
  }
}

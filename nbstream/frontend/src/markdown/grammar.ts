// What text means as markdown, and how that is written as HTML. Of strings only; what the
// page shows of the HTML is sanitised in insert.ts.
//
// The twin is nbstream/blocks/markdown.py, which writes the frozen text: the same line
// breaks, links and math, or freezing would change what is read.
import { Lexer, Marked, Parser, type Token, type Tokens } from "marked";
import { codeHtml, escapeHtml } from "./code.ts";

export type Links = Record<string, Pick<Tokens.Link, "href" | "title">>;

const SAFE = /^(?:https?:\/\/|mailto:)/i;

// Math that would be more than a formula: it leads or loads somewhere, looks like the
// host, or gives signs of all other formulas of the notebook another meaning.
const UNSAFE_MATH =
  /\\(?:href|url|class|cssId|style|data|bbox|html\w*|require|include\w*|unicode|mmlToken|csname|[egx]?def|global|let|futurelet|(?:re)?new(?:command|environment)|providecommand|Declare\w*)(?![A-Za-z])/;

// Math without an end is looked for no further than this, so that thousands of beginnings
// cost no more than their number.
const DISPLAY_MATH =
  /^ {0,3}(?:\$\$((?:(?!\$\$|\n[ \t]*\n)[^]){1,1000})\$\$|\\\[((?:(?!\\\]|\n[ \t]*\n)[^]){1,1000})\\\])[ \t]*(?:\n|$)/;
const INLINE_MATH =
  /^(?:\$\$(?:\\[^]|[^\\$]){1,1000}\$\$|\$(?![\s$])(?:\\.|[^\\$\n]){0,1000}(?<!\s)\$(?!\d)|\\\((?:(?!\\\))[^]){1,1000}\\\)|\\\[(?:(?!\\\])[^]){1,1000}\\\])/;

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
    renderer: ({ raw }: Tokens.Generic) =>
      `<p${mathClass(raw, " nbs-math-display")}>${escapeHtml(raw.trim())}</p>\n`,
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
    renderer: ({ raw }: Tokens.Generic) => `<span${mathClass(raw)}>${escapeHtml(raw)}</span>`,
  },
];

/** What makes it math to the typesetter; nothing for what it is not to see. */
function mathClass(raw: string, more = ""): string {
  return UNSAFE_MATH.test(raw) ? "" : ` class="nbs-math${more}"`;
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

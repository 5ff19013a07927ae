// Links: only to safe addresses, in a tab of their own; images and bare addresses as links.
//
// The twin is nbstream/rendering/rules/links.py; tests/cases/markdown.json holds both to
// the same.
import MarkdownItClass, { type MarkdownIt, type StateCore, type Token } from "markdown-it";

const SAFE = /^(?:https?:\/\/|mailto:)/i;
// An encoded host is one that cannot be read.
const HOSTLESS = /^https?:\/\/(?:[^/?#]*@)?(?:[/?#]|$|[^/?#@]*%)/i;
// Punctuation of Chinese and Japanese, which has no space before it, ends an address.
const URL_IN_TEXT =
  /https?:\/\/[^\s<>"`\\\u2018-\u201d\u2026\u3001-\u3003\u3008-\u3011\u3014-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+/gi;
const AFTER_URL = "?!.,:;*_~'|]}";

/** Add links to a parser. */
export function addLinks(md: MarkdownIt): void {
  // Whether a link is safe is decided here, which keeps the words of those that are not.
  md.validateLink = () => true;
  md.core.ruler.push("links", rewriteLinks);
}

/** Check that a link may lead there: to the web or to mail, at an address that can be read. */
export function isAddress(url: string): boolean {
  return SAFE.test(url) && !HOSTLESS.test(url) && URL.canParse(url);
}

function rewriteLinks(state: StateCore): void {
  for (const token of state.tokens) {
    if (token.type === "inline") token.children = findLinks(token.children ?? []);
  }
}

function findLinks(children: Token[]): Token[] {
  const made: Token[] = [];
  const kept: boolean[] = []; // of the links that are open here
  for (const token of children) {
    if (token.type === "link_open") {
      const safe = isAddress(String(token.attrGet("href")));
      kept.push(safe);
      if (safe) made.push(secureLink(token));
    } else if (token.type === "link_close") {
      if (kept.pop()) made.push(token);
    } else if (token.type === "image") made.push(...replaceImage(token, kept.includes(true)));
    else if (token.type === "text" && kept.length === 0) made.push(...linkBareAddresses(token));
    else made.push(token);
  }
  return made;
}

/** The page that a link opens does not get hold of the notebook's. */
function secureLink(link: Token): Token {
  link.attrSet("target", "_blank");
  link.attrSet("rel", "noopener noreferrer");
  return link;
}

/** Never load an image by itself: who put it there would learn who reads. */
function replaceImage(image: Token, inside: boolean): Token[] {
  const href = String(image.attrGet("src"));
  const safe = isAddress(href);
  const host = safe && !/^mailto:/i.test(href) ? `(${hostOf(href)})` : "";
  const words = ["image:", image.content, host].filter(Boolean).join(" ");
  return inside || host === "" ? [newText(words)] : newLink(href, words);
}

/** The host as written, with its port and without credentials. */
function hostOf(href: string): string {
  return /^\w+:\/\/([^/?#]*)/.exec(href)![1]!.replace(/^.*@/, "");
}

function linkBareAddresses(token: Token): Token[] {
  const text = token.content;
  if (!text.includes("://")) return [token];
  const made: Token[] = [];
  let at = 0;
  for (const { index, 0: found } of text.matchAll(URL_IN_TEXT)) {
    const url = trimPunctuation(found);
    if (!isAddress(url)) continue;
    made.push(newText(text.slice(at, index)), ...newLink(url, url));
    at = index + url.length;
  }
  return [...made, newText(text.slice(at))];
}

/** An address without the punctuation of the sentence around it. */
function trimPunctuation(url: string): string {
  let unopened = url.split(")").length - url.split("(").length;
  let end = url.length;
  for (;;) {
    const last = url[end - 1]!;
    if (last === ")" && unopened > 0) unopened -= 1;
    else if (!AFTER_URL.includes(last)) return url.slice(0, end);
    end -= 1;
  }
}

function newText(words: string): Token {
  const token = new MarkdownItClass.Token("text", "", 0);
  token.content = words;
  return token;
}

function newLink(href: string, words: string): Token[] {
  const open = new MarkdownItClass.Token("link_open", "a", 1);
  open.attrSet("href", href);
  return [secureLink(open), newText(words), new MarkdownItClass.Token("link_close", "a", -1)];
}

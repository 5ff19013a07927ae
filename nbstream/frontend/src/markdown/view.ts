// Markdown as it streams: finished blocks are drawn once, only the open one again.
import { calm } from "./calm.ts";
import { codeHtml, coloured, escapeHtml } from "./code.ts";
import { htmlOf, type Links } from "./grammar.ts";
import { nodesOf } from "./insert.ts";
import { typesetIn } from "./math.ts";
import { type Piece, Splitter } from "./splitter.ts";

interface Drawn {
  piece: Piece;
  nodes: ChildNode[];
}

// Code is coloured anew with each delta while it is short, then only when it has grown by
// a quarter: so much of it has the colours that its end will not disturb.
const COLOUR_ALWAYS = 2000;

export class MarkdownView {
  readonly #box: HTMLElement;
  readonly #splitter = new Splitter();
  readonly #links: Links = Object.create(null) as Links;
  #drawn: Drawn[] = [];
  #first = 0; // of those drawn that are still there
  #gone = 0; // of the text, but still drawn: a part of a block
  #open: ChildNode[] = [];
  #openHtml = "";
  #coloured = { at: 0, html: "" };
  readonly #defined = new Set<string>();
  #users = new Map<string, Set<Drawn>>(); // finished blocks by the links they may mean

  constructor(box: HTMLElement) {
    this.#box = box;
  }

  push(text: string): void {
    for (const piece of this.#splitter.push(text)) this.#finish(piece);
    this.#drawOpen();
  }

  /** The oldest text is let go of, and each block when all of it is. */
  drop(length: number): void {
    this.#gone += length;
    for (;;) {
      const oldest = this.#drawn[this.#first];
      if (oldest === undefined || oldest.piece.source.length > this.#gone) return;
      this.#gone -= oldest.piece.source.length;
      for (const node of oldest.nodes) node.remove();
      for (const label of labelsIn(oldest.piece)) this.#users.get(label)?.delete(oldest);
      this.#first += 1;
      if (this.#first > 100 && this.#first > this.#drawn.length / 2) {
        this.#drawn = this.#drawn.slice(this.#first);
        this.#first = 0;
      }
    }
  }

  #finish(piece: Piece): void {
    const html = htmlOfPiece(piece, this.#links);
    let nodes = this.#open;
    // What looked like this while it was open stays, and with it what is selected there.
    if (html !== this.#openHtml) {
      this.#clearOpen();
      nodes = this.#nodesOf(html, piece);
      this.#box.append(...nodes);
    }
    this.#open = [];
    this.#openHtml = "";
    this.#coloured = { at: 0, html: "" };
    typesetIn(nodes);
    const drawn = { piece, nodes };
    this.#drawn.push(drawn);
    for (const label of labelsIn(piece)) {
      const users = this.#users.get(label) ?? new Set();
      this.#users.set(label, users.add(drawn));
    }
    if (piece.source.includes("]:")) this.#link();
  }

  /** Draw the blocks again that meant links before those were defined. */
  #link(): void {
    for (const label of Object.keys(this.#links)) {
      if (this.#defined.has(label)) continue;
      this.#defined.add(label);
      for (const user of this.#users.get(label) ?? []) {
        const nodes = this.#nodesOf(htmlOfPiece(user.piece, this.#links), user.piece);
        user.nodes[0]?.before(...nodes);
        for (const node of user.nodes) node.remove();
        user.nodes = nodes;
        typesetIn(nodes);
      }
    }
  }

  #drawOpen(): void {
    const piece = this.#splitter.open;
    const html = this.#openHtmlOf(piece);
    if (html === this.#openHtml) return;
    this.#clearOpen();
    this.#open = this.#nodesOf(html, piece);
    this.#openHtml = html;
    this.#box.append(...this.#open);
  }

  #openHtmlOf(piece: Piece): string {
    if (piece.code !== undefined) return this.#openCodeHtml(piece.code.text, piece.code.info);
    const shown = calm(piece.source);
    if (shown.trim() === "") return "";
    const links = shown.includes("]:") ? { ...this.#links } : this.#links;
    const header = piece.markdown.slice(0, piece.markdown.length - piece.source.length);
    return htmlOf(header + shown, links);
  }

  #openCodeHtml(code: string, info: string): string {
    if (code.length > Math.max(COLOUR_ALWAYS, this.#coloured.at * 1.25)) {
      const at = code.lastIndexOf("\n") + 1;
      this.#coloured = { at, html: coloured(code.slice(0, at), info) };
    }
    if (code.length <= COLOUR_ALWAYS) return codeHtml(code, info);
    const { at, html } = this.#coloured;
    return codeHtml(code, info, html + escapeHtml(code.slice(at)));
  }

  #clearOpen(): void {
    for (const node of this.#open) node.remove();
    this.#open = [];
  }

  #nodesOf(html: string, piece: Piece): ChildNode[] {
    if (html === "") return [];
    const nodes = nodesOf(html);
    const first = nodes.find((node) => node instanceof HTMLElement);
    if (piece.continues) first?.classList.add("nbs-more");
    return nodes;
  }
}

/** A finished block as HTML. */
export function htmlOfPiece(piece: Piece, links: Links): string {
  return piece.code !== undefined
    ? codeHtml(piece.code.text, piece.code.info)
    : htmlOf(piece.markdown, links);
}

function labelsIn(piece: Piece): string[] {
  if (piece.code !== undefined || !piece.source.includes("[")) return [];
  const found = piece.source.matchAll(/\[([^[\]]+)\]/g);
  return [...new Set(Array.from(found, ([, label]) => label!.toLowerCase().replace(/\s+/g, " ").trim()))];
}

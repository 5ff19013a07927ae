// Draws markdown as it streams: finished blocks once, the open one again with each delta.
import { element } from "../ui/dom.ts";
import { hasInvisible } from "../ui/invisible_characters.ts";
import { renderCode } from "./code.ts";
import { findLabels, type Links, newLinks, renderMarkdown } from "./grammar.ts";
import { heal } from "./heal.ts";
import { createNodes } from "./insert.ts";
import { IGNORED, typesetFormulas } from "./math.ts";
import { type Piece, Splitter } from "./splitter.ts";

interface Drawn {
  piece: Piece;
  nodes: ChildNode[];
}

// Open code is coloured again with each delta while it is short, then only when it has grown
// by a quarter; what is newer is plain until then.
const COLOUR_ALWAYS = 1000;
const COLOUR_AGAIN = 1.25;
// The page visits all children of an element when one is added, so that many blocks share an
// element of their own.
const BLOCKS_IN_PART = 40;

export class MarkdownView {
  readonly #box: HTMLElement;
  readonly #splitter = new Splitter();
  readonly #links = newLinks();
  #drawn: Drawn[] = [];
  #first = 0; // the index of the oldest drawn block that is not removed
  #gone = 0; // characters that are dropped but still drawn: a part of a block
  #part: HTMLElement;
  #inPart = 0;
  #open: ChildNode[] = [];
  #openHtml = "";
  // The end of the open code that is not coloured yet, and where in the code it begins.
  #plain: { text: Text; from: number } | null = null;
  readonly #defined = new Set<string>();
  #users = new Map<string, Set<Drawn>>(); // finished blocks by the links they may mean

  constructor(box: HTMLElement) {
    this.#box = box;
    this.#part = this.#newPart();
  }

  push(text: string): void {
    for (const piece of this.#splitter.push(text)) this.#finish(piece);
    this.#drawOpen();
  }

  /** Drop the oldest text; a block is removed when all its text is dropped. */
  drop(length: number): void {
    this.#gone += length;
    for (;;) {
      const oldest = this.#drawn[this.#first];
      if (oldest === undefined || oldest.piece.source.length > this.#gone) return;
      this.#gone -= oldest.piece.source.length;
      const part = oldest.nodes[0]?.parentElement;
      for (const node of oldest.nodes) node.remove();
      if (part !== this.#part && part?.childElementCount === 0) part.remove();
      for (const label of findPieceLabels(oldest.piece)) this.#forgetUser(label, oldest);
      this.#first += 1;
      if (this.#first > 100 && this.#first > this.#drawn.length / 2) {
        this.#drawn = this.#drawn.slice(this.#first);
        this.#first = 0;
      }
    }
  }

  /** Forget that a block may mean a label. A log has a new one, such as a time, on each line. */
  #forgetUser(label: string, user: Drawn): void {
    const users = this.#users.get(label);
    users?.delete(user);
    if (users?.size === 0) this.#users.delete(label);
  }

  #newPart(): HTMLElement {
    const part = element("div", { class: `nbs-part ${IGNORED}` });
    this.#box.append(part);
    this.#inPart = 0;
    return part;
  }

  #finish(piece: Piece): void {
    const html = renderPiece(piece, this.#links);
    let nodes = this.#open;
    // Nodes that look like this already are kept, and with them the reader's selection.
    if (html !== this.#openHtml) {
      this.#clearOpen();
      nodes = this.#createNodes(html, piece);
      // A block that continues another stays beside it, for its copy button.
      if (this.#inPart >= BLOCKS_IN_PART && !piece.continues) this.#part = this.#newPart();
      this.#part.append(...nodes);
    }
    this.#inPart += 1;
    this.#open = [];
    this.#openHtml = "";
    this.#plain = null;
    typesetFormulas(nodes);
    const drawn = { piece, nodes };
    this.#drawn.push(drawn);
    for (const label of findPieceLabels(piece)) {
      const users = this.#users.get(label) ?? new Set();
      this.#users.set(label, users.add(drawn));
    }
    if (piece.source.includes("]:")) this.#link();
  }

  /** Draw those blocks again that used labels before these were defined. */
  #link(): void {
    for (const label of Object.keys(this.#links)) {
      if (this.#defined.has(label)) continue;
      this.#defined.add(label);
      for (const user of this.#users.get(label) ?? []) {
        const nodes = this.#createNodes(renderPiece(user.piece, this.#links), user.piece);
        user.nodes[0]?.before(...nodes);
        for (const node of user.nodes) node.remove();
        user.nodes = nodes;
        typesetFormulas(nodes);
      }
    }
  }

  #drawOpen(): void {
    const piece = this.#splitter.open;
    if (piece.code !== undefined && this.#extendOpen(piece.code.text)) return;
    const html = piece.code !== undefined ? renderPiece(piece, this.#links) : this.#openHtmlOf(piece);
    if (html === this.#openHtml) return;
    this.#clearOpen();
    this.#open = this.#createNodes(html, piece);
    this.#openHtml = html;
    this.#part.append(...this.#open);
    if (piece.code !== undefined && piece.code.text.length > COLOUR_ALWAYS) this.#markPlain(piece.code.text);
  }

  #openHtmlOf(piece: Piece): string {
    const shown = heal(piece.source);
    if (shown.trim() === "") return "";
    const links = shown.includes("]:") ? newLinks(this.#links) : this.#links;
    const header = piece.markdown.slice(0, piece.markdown.length - piece.source.length);
    return renderMarkdown(header + shown, links);
  }

  #markPlain(code: string): void {
    const text = document.createTextNode("");
    for (const node of this.#open) {
      const box = node instanceof HTMLElement ? node.querySelector("code") : null;
      const last = box?.lastChild;
      // The line is not over yet.
      if (last instanceof Text && !code.endsWith("\n")) last.data = last.data.replace(/\n$/, "");
      box?.append(text);
    }
    this.#plain = { text, from: code.length };
  }

  /** Append to open code without colouring it; returns false if it is time to colour it. */
  #extendOpen(code: string): boolean {
    // Naming an invisible character may change the text before it.
    if (this.#plain === null || hasInvisible(code)) return false;
    const { text, from } = this.#plain;
    if (code.length > from * COLOUR_AGAIN) return false;
    if (code.length >= from) text.data = code.slice(from);
    this.#openHtml = "\0"; // no longer what is drawn
    return true;
  }

  #clearOpen(): void {
    for (const node of this.#open) node.remove();
    this.#open = [];
    this.#plain = null;
  }

  #createNodes(html: string, piece: Piece): ChildNode[] {
    if (html === "") return [];
    const nodes = createNodes(html);
    const first = nodes.find((node) => node instanceof HTMLElement);
    if (piece.continues) first?.classList.add("nbs-more");
    return nodes;
  }
}

/** A finished block as HTML. */
export function renderPiece(piece: Piece, links: Links): string {
  return piece.code !== undefined
    ? renderCode(piece.code.text, piece.code.info)
    : renderMarkdown(piece.markdown, links);
}

/** The labels in a finished block, which a later one may define. */
function findPieceLabels(piece: Piece): Set<string> {
  return piece.code === undefined ? findLabels(piece.source) : new Set();
}

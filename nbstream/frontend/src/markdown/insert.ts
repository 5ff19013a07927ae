// Puts HTML into the page: sanitises it, whatever made it, names invisible characters, and adds
// copy buttons and boxes that scroll.
import DOMPurify from "dompurify";
import { element } from "../ui/dom.ts";
import {
  escapeInvisible,
  escapeInvisibleInCode,
  hasInvisible,
  hasRightToLeft,
} from "../ui/invisible_characters.ts";

const ALLOWED = {
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"],
    ...["table", "thead", "tbody", "tr", "th", "td", "div", "pre", "code", "span"],
    ...["a", "em", "strong", "s", "sub", "sup"],
  ],
  ALLOWED_ATTR: ["href", "target", "rel", "title", "class", "start", "align"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  // All other attributes are checked as addresses.
  ADD_URI_SAFE_ATTR: ["target", "rel", "start", "align"],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  RETURN_DOM_FRAGMENT: true as const,
};
const COPIED_FOR_MS = 2000;
// Each reads in the direction of its first letter, as in nbstream/rendering/markdown.py.
const BLOCKS = "p, h1, h2, h3, h4, h5, h6, ul, ol, blockquote, th, td";
const sources = new WeakMap<Element, string>();

/** Make nodes of HTML, in which nothing runs, loads or looks like the host. */
export function createNodes(html: string): ChildNode[] {
  const fragment = DOMPurify.sanitize(html, ALLOWED);
  for (const node of fragment.querySelectorAll("[class]")) {
    if (!/^(?:nbs-|hljs-|language-)/.test(node.className)) node.removeAttribute("class");
  }
  const text = fragment.textContent ?? "";
  if (hasRightToLeft(text)) {
    for (const block of fragment.querySelectorAll(BLOCKS)) block.setAttribute("dir", "auto");
  }
  if (hasInvisible(text)) nameInvisible(fragment);
  for (const hint of fragment.querySelectorAll<HTMLElement>("[title]"))
    hint.title = escapeInvisible(hint.title);
  for (const table of fragment.querySelectorAll("table")) makeScrollable(table);
  for (const code of fragment.querySelectorAll<HTMLElement>(".nbs-code")) addCopyButton(code);
  return [...fragment.childNodes];
}

/** Write invisible characters that deceive by name. */
function nameInvisible(fragment: DocumentFragment): void {
  for (const code of fragment.querySelectorAll("code")) sources.set(code, code.textContent ?? "");
  const texts = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  while (texts.nextNode() !== null) {
    const text = texts.currentNode as Text;
    const inCode = text.parentElement?.closest("code") != null || isAddress(text);
    text.data = inCode ? escapeInvisibleInCode(text.data) : escapeInvisible(text.data);
  }
}

/** Whether these words of a link are an address, to be compared to the character. */
function isAddress(text: Text): boolean {
  return /^https?:\/\//i.test(text.data) && text.parentElement?.localName === "a";
}

/** Put a wide table into a box that scrolls, by keys too. */
function makeScrollable(table: HTMLTableElement): void {
  const box = element("div", { class: "nbs-wide", tabindex: "0", role: "region", "aria-label": "Table" });
  table.replaceWith(box);
  box.append(table);
}

function addCopyButton(box: HTMLElement): void {
  const button = element("button", { type: "button", class: "nbs-copy", "aria-label": "Copy code" }, "Copy");
  button.addEventListener("click", () => void copy(box, button));
  box.append(button);
}

async function copy(box: HTMLElement, button: HTMLButtonElement): Promise<void> {
  let label = "Copied";
  try {
    await navigator.clipboard.writeText(codeFrom(box));
  } catch {
    // The clipboard needs https and the host's permission; without it the reader copies.
    getSelection()?.selectAllChildren(box.querySelector("code")!);
    label = "Press Ctrl+C";
  }
  button.textContent = label;
  setTimeout(() => {
    button.textContent = "Copy";
  }, COPIED_FOR_MS);
}

/** The code of a box, and of those that continue it. */
function codeFrom(box: Element): string {
  let text = sourceOf(box);
  for (
    let next = box.nextElementSibling;
    next?.matches(".nbs-code.nbs-more");
    next = next.nextElementSibling
  ) {
    text += sourceOf(next);
  }
  return text;
}

/** The code as received, also where invisible characters of it are shown by name. */
function sourceOf(box: Element): string {
  const code = box.querySelector("code")!;
  return sources.get(code) ?? code.textContent ?? "";
}

// HTML into the page: sanitised, whatever made it, and with what readers work with.
import DOMPurify from "dompurify";
import { element } from "../ui/dom.ts";
import { hasUnseen, readsRightToLeft, visible, visibleCode } from "../ui/invisible_characters.ts";

const ALLOWED = {
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"],
    ...["table", "thead", "tbody", "tr", "th", "td", "div", "pre", "code", "span"],
    ...["a", "em", "strong", "del"],
  ],
  ALLOWED_ATTR: ["href", "target", "rel", "title", "class", "start", "align"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  // These are no addresses, which all others are checked as.
  ADD_URI_SAFE_ATTR: ["target", "rel", "start", "align"],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  RETURN_DOM_FRAGMENT: true as const,
};
const COPIED_FOR_MS = 2000;
// Each reads in the direction of its first letter, as in nbstream/rendering/markdown.py.
const BLOCKS = "p, h1, h2, h3, h4, h5, h6, ul, ol, blockquote, th, td";
const sources = new WeakMap<Element, string>();

/** The nodes of some HTML, nothing in them that runs, loads or looks like the host. */
export function nodesOf(html: string): ChildNode[] {
  const fragment = DOMPurify.sanitize(html, ALLOWED);
  for (const node of fragment.querySelectorAll("[class]")) {
    if (!/^(?:nbs-|hljs-|language-)/.test(node.className)) node.removeAttribute("class");
  }
  const text = fragment.textContent ?? "";
  if (readsRightToLeft(text)) {
    for (const block of fragment.querySelectorAll(BLOCKS)) block.setAttribute("dir", "auto");
  }
  if (hasUnseen(text)) nameIn(fragment);
  for (const hint of fragment.querySelectorAll<HTMLElement>("[title]")) hint.title = visible(hint.title);
  for (const table of fragment.querySelectorAll("table")) scrollable(table);
  for (const code of fragment.querySelectorAll<HTMLElement>(".nbs-code")) addCopyButton(code);
  return [...fragment.childNodes];
}

/** Write invisible characters that deceive by name. */
function nameIn(fragment: DocumentFragment): void {
  for (const code of fragment.querySelectorAll("code")) sources.set(code, code.textContent ?? "");
  const texts = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  while (texts.nextNode() !== null) {
    const text = texts.currentNode as Text;
    const inCode = text.parentElement?.closest("code") != null || isAddress(text);
    text.data = inCode ? visibleCode(text.data) : visible(text.data);
  }
}

/** Whether these words of a link are an address, to be compared to the character. */
function isAddress(text: Text): boolean {
  return /^https?:\/\//i.test(text.data) && text.parentElement?.localName === "a";
}

/** A wide table moves in its own box, by keys too. */
function scrollable(table: HTMLTableElement): void {
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
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(codeFrom(box));
  } catch {
    // Not over http, nor where the host forbids it: then the reader copies it.
    getSelection()?.selectAllChildren(box.querySelector("code")!);
    said = "Press Ctrl+C";
  }
  button.textContent = said;
  setTimeout(() => {
    button.textContent = "Copy";
  }, COPIED_FOR_MS);
}

/** The code of a box, and of those that go on with it. */
function codeFrom(box: Element): string {
  let text = sourceOf(box);
  for (let next = box.nextElementSibling; next?.matches(".nbs-code.nbs-more"); next = next.nextElementSibling) {
    text += sourceOf(next);
  }
  return text;
}

/** The code as it came, where what is shown of it has names in it. */
function sourceOf(box: Element): string {
  const code = box.querySelector("code")!;
  return sources.get(code) ?? code.textContent ?? "";
}

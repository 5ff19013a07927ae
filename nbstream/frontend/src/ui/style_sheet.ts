// Adds the style sheet, once to each document or shadow tree that holds a panel.
import { css as blocks } from "../blocks/styles.ts";
import { element } from "./dom.ts";
import panel from "./panel.css";

const ID = "nbstream-style";

/** Add the style sheet to where an element is, unless it is there already. */
export function addStyleSheet(el: HTMLElement): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector(`#${ID}`) === null) {
    home.append(element("style", { id: ID }, panel, blocks));
  }
}

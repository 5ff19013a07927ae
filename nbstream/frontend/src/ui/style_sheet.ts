// The style sheet, once in each document or shadow tree that holds a panel.
import { css as blocks } from "../blocks/styles.ts";
import { element } from "./dom.ts";
import panel from "./panel.css";

const ID = "nbstream-style";

export function addStyleSheet(el: HTMLElement): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector(`#${ID}`) === null) {
    home.append(element("style", { id: ID }, panel, blocks));
  }
}

// The controls above a long log: filter by level, search, copy.
import { element } from "../ui/dom.ts";
import { formatCount } from "../ui/format.ts";
import { LEVELS, type Level } from "./log_lines.ts";

const WORDS: Record<Level, string> = {
  all: "All",
  info: "Info and above",
  warning: "Warnings and errors",
  error: "Errors",
};
const COPIED_MS = 2000;

interface Actions {
  filter(level: Level): void;
  search(text: string): void;
  /** Go to the next found line, or the previous. */
  step(by: 1 | -1): void;
  /** Move the focus to the lines. */
  leave(): void;
  /** Get what is to be copied. */
  getText(): { text: string; lines: number };
}

export class LogControls {
  readonly el: HTMLElement;
  readonly #found = element("span", { class: "nbs-log-found" });
  readonly #search: HTMLInputElement;
  readonly #copy = element(
    "button",
    { type: "button", class: "nbs-log-copy", title: "Copy all lines of the chosen level" },
    "Copy all",
  );

  constructor(actions: Actions) {
    const options = LEVELS.map((level) => element("option", { value: level }, WORDS[level]));
    const level = element("select", {}, ...options);
    level.addEventListener("change", () => actions.filter(level.value as Level));
    this.#search = element("input", {
      type: "search",
      placeholder: "Enter: next, Shift+Enter: previous",
      spellcheck: "false",
      autocomplete: "off",
    });
    this.#search.addEventListener("input", () => actions.search(this.#search.value));
    this.#search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") actions.step(event.shiftKey ? -1 : 1);
      else if (event.key !== "Escape") return;
      else if (this.#search.value === "") actions.leave();
      else {
        this.#search.value = "";
        actions.search("");
      }
      event.preventDefault(); // here, Esc must not cancel the stream
    });
    this.#copy.addEventListener("click", () => void this.#copyText(actions.getText()));
    this.el = element(
      "div",
      { class: "nbs-log-controls", role: "group", "aria-label": "Log controls" },
      element("label", {}, "Level ", level),
      element("label", { class: "nbs-log-search" }, "Search ", this.#search),
      this.#found,
      this.#copy,
    );
  }

  /** Show how many lines are found, and which of them is the current one. */
  showFound(found: readonly number[], current: number): void {
    let words = "";
    if (this.#search.value !== "") {
      const at = found.indexOf(current) + 1;
      const lines = formatCount(found.length, "line");
      words = at > 0 ? `${at.toLocaleString("en")} of ${lines}` : lines;
    }
    if (this.#found.textContent !== words) this.#found.textContent = words;
  }

  async #copyText({ text, lines }: { text: string; lines: number }): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.#copy.textContent = `Copied ${formatCount(lines, "line")}`;
    } catch {
      // Only pages from a secure origin may write to the clipboard.
      this.#copy.textContent = "The browser does not allow copying here";
    }
    setTimeout(() => (this.#copy.textContent = "Copy all"), COPIED_MS);
  }
}

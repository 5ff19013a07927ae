// What stands above a long log: choose the level, search, copy.
import { element } from "../ui/dom.ts";
import { count } from "../ui/format.ts";
import { LEVELS, type Level } from "./log_lines.ts";

const WORDS: Record<Level, string> = {
  all: "All",
  info: "Info and above",
  warning: "Warnings and errors",
  error: "Errors",
};
const COPIED_MS = 2000;

interface Actions {
  level(level: Level): void;
  search(text: string): void;
  /** Go to the next found line, or the one before. */
  step(by: 1 | -1): void;
  /** Leave the controls, for the lines. */
  leave(): void;
  /** What is to be copied. */
  text(): { text: string; lines: number };
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
    level.addEventListener("change", () => actions.level(level.value as Level));
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
      event.preventDefault(); // Esc is not to cancel the stream from in here
    });
    this.#copy.addEventListener("click", () => void this.#copied(actions.text()));
    this.el = element(
      "div",
      { class: "nbs-log-controls", role: "group", "aria-label": "Log controls" },
      element("label", {}, "Level ", level),
      element("label", { class: "nbs-log-search" }, "Search ", this.#search),
      this.#found,
      this.#copy,
    );
  }

  /** Say how many lines were found, and at which of them the reader is. */
  found(found: readonly number[], current: number): void {
    let words = "";
    if (this.#search.value !== "") {
      const at = found.indexOf(current) + 1;
      const lines = count(found.length, "line");
      words = at > 0 ? `${at.toLocaleString("en")} of ${lines}` : lines;
    }
    if (this.#found.textContent !== words) this.#found.textContent = words;
  }

  async #copied({ text, lines }: { text: string; lines: number }): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.#copy.textContent = `Copied ${count(lines, "line")}`;
    } catch {
      // Pages that are not served safely may not write to the clipboard.
      this.#copy.textContent = "The browser does not allow copying here";
    }
    setTimeout(() => (this.#copy.textContent = "Copy all"), COPIED_MS);
  }
}

// Log lines: each is `[level, message]`.
import { element, followingTail } from "../dom.ts";
import type { Payload } from "../protocol.ts";
import type { Block } from "./block.ts";
import { Listing, omission } from "./listing.ts";

const LOUD: Record<string, string> = {
  warning: "warning",
  warn: "warning",
  error: "error",
  critical: "error",
  fatal: "error",
};

export class LogBlock extends Listing<[string, string]> implements Block {
  draw(el: HTMLElement): (payload: Payload) => void {
    const note = element("div", { class: "nbs-note" });
    const lines = element("div", { class: "nbs-log", tabindex: "0", "aria-label": "Log lines" });
    el.append(note, lines);
    const omitted = omission(note, "lines");
    return (payload) => {
      followingTail(lines, () => {
        const fresh = document.createDocumentFragment();
        for (const [level, message] of payload["add"]) {
          const kind = LOUD[level] ?? "quiet";
          fresh.append(
            element(
              "div",
              { class: `nbs-line nbs-${kind}` },
              element("span", { class: "nbs-level" }, level.toUpperCase()),
              message,
            ),
          );
        }
        lines.append(fresh);
        for (let i = payload["drop"] ?? 0; i > 0; i--) lines.firstChild?.remove();
      });
      omitted(payload);
    };
  }
}

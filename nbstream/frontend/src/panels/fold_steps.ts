// Folds the earlier ones of many consecutive steps (reasoning, tool calls, notices): nobody
// scrolls past hundreds of lines. As in the kernel's frozen output.
import { element } from "../ui/dom.ts";
import { formatCount } from "../ui/format.ts";

const MAX_STEPS = 40;
/** Steps that stay in view. */
const LAST_STEPS = 20;

/** Fold steps in a panel's content, whose children are blocks; steps have `data-step`. A
 *  step that the reader has opened or unfolded stays. */
export function foldSteps(content: HTMLElement): void {
  for (const button of content.querySelectorAll(".nbs-earlier")) button.remove();
  for (const run of findRuns(content)) {
    const earlier = run.slice(0, -LAST_STEPS).filter(isFoldable);
    for (const step of run) step.hidden = false;
    if (run.length <= MAX_STEPS || earlier.length === 0) continue;
    for (const step of earlier) step.hidden = true;
    run.at(-LAST_STEPS)!.prepend(createOpener(earlier));
  }
}

function findRuns(content: HTMLElement): HTMLElement[][] {
  const runs: HTMLElement[][] = [[]];
  for (const child of content.children) {
    const el = child as HTMLElement;
    if (el.dataset["step"] !== undefined) runs.at(-1)!.push(el);
    else runs.push([]);
  }
  return runs;
}

function isFoldable(step: HTMLElement): boolean {
  return step.dataset["step"] !== "seen" && step.querySelector("details[open], :focus") === null;
}

function createOpener(steps: HTMLElement[]): HTMLElement {
  const button = element(
    "button",
    { type: "button", class: "nbs-more nbs-earlier" },
    `${formatCount(steps.length, "earlier step")}`,
  );
  button.addEventListener("click", () => {
    for (const step of steps) {
      step.hidden = false;
      step.dataset["step"] = "seen";
    }
    button.closest<HTMLElement>(".nbs-panel")?.focus({ preventScroll: true });
    button.remove();
  });
  return button;
}

// Of a long run of steps (reasoning, tool calls, notices) the earlier ones fold: hundreds of
// lines are a panel that nobody scrolls past. As in nbstream/mimebundle.py.
import { element } from "../ui/dom.ts";
import { count } from "../ui/format.ts";

const MOST_STEPS = 40;
const LAST_STEPS = 20;

/** Fold what there is to fold in a panel's content, whose children are blocks; steps have
 *  `data-step`. What the reader has opened, or asked to see, stays. */
export function foldSteps(content: HTMLElement): void {
  for (const button of content.querySelectorAll(".nbs-earlier")) button.remove();
  for (const run of runsOf(content)) {
    const earlier = run.slice(0, -LAST_STEPS).filter(mayFold);
    for (const step of run) step.hidden = false;
    if (run.length <= MOST_STEPS || earlier.length === 0) continue;
    for (const step of earlier) step.hidden = true;
    run.at(-LAST_STEPS)!.prepend(opener(earlier));
  }
}

function runsOf(content: HTMLElement): HTMLElement[][] {
  const runs: HTMLElement[][] = [[]];
  for (const child of content.children) {
    const el = child as HTMLElement;
    if (el.dataset["step"] !== undefined) runs.at(-1)!.push(el);
    else runs.push([]);
  }
  return runs;
}

function mayFold(step: HTMLElement): boolean {
  return step.dataset["step"] !== "seen" && step.querySelector("details[open], :focus") === null;
}

function opener(steps: HTMLElement[]): HTMLElement {
  const button = element(
    "button",
    { type: "button", class: "nbs-more nbs-earlier" },
    `${count(steps.length, "earlier step")}`,
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

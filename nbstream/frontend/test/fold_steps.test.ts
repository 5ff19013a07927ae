// Of many steps in a row the earlier ones fold.
import "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { foldSteps } from "../src/panels/fold_steps.ts";
import { element } from "../src/ui/dom.ts";

const step = (number: number) => element("div", { "data-step": "", class: "step" }, `step ${number}`);

test("of many steps in a row the earlier ones fold, and are unfolded at a click", () => {
  const content = element("div", {}, ...Array.from({ length: 60 }, (_, i) => step(i)));
  const hidden = () => [...content.querySelectorAll<HTMLElement>(".step")].filter((one) => one.hidden).length;
  foldSteps(content);
  assert.equal(hidden(), 40);
  const button = content.querySelector<HTMLElement>(".nbs-earlier")!;
  assert.equal(button.textContent, "40 earlier steps");
  button.click();
  assert.equal(hidden(), 0);
  content.append(step(60));
  foldSteps(content);
  assert.equal(hidden(), 1, "those that were unfolded stay");
});

test("few steps, and steps between which there is text, stay in sight", () => {
  const steps = Array.from({ length: 60 }, (_, i) => step(i));
  const content = element("div", {}, ...steps.slice(0, 30), element("p", {}, "text"), ...steps.slice(30));
  foldSteps(content);
  assert.equal(content.querySelector(".nbs-earlier"), null);
});

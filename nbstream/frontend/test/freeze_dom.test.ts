// What a page writes into the notebook when the kernel cannot: what is in sight, and no more.
import "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { copyContent, freezeComparison, freezeContent } from "../src/freeze_dom.ts";
import { fillPage, resize } from "./dom.ts";
import { type Output, Page } from "./page.ts";

const WIDGET = "application/vnd.jupyter.widget-view+json";

/** A notebook that shows a panel, and the panel's model. */
function open() {
  const outputs: Output[] = [{ data: { [WIDGET]: { model_id: "p" } } }];
  const page = new Page();
  page.openNotebook(outputs);
  return { outputs, model: page.model({ key: "p" }).asModel };
}

test("the content stays with a note that the kernel ended", () => {
  const { outputs, model } = open();
  freezeContent(model, fillPage("<p>one &lt;two&gt;</p>"));
  const { data } = outputs[0]!;
  assert.equal(data["text/plain"], "one <two>\n[The kernel ended while the stream was running]");
  assert.equal(
    data["text/html"],
    '<div class="nbstream-snapshot mathjax_ignore tex2jax_ignore"><div><p>one &lt;two&gt;</p></div>' +
      "<p><em>The kernel ended while the stream was running</em></p></div>",
  );
});

test("what is hidden is not copied, and nothing that can be pressed", () => {
  const content = fillPage(
    '<p>seen</p><p style="display: none">hidden <b>deep</b></p><div><button>Sort</button>' +
      '<input value="x"><select><option>All</option></select>kept</div>',
  );
  assert.equal(copyContent(content).innerHTML, "<p>seen</p><div>kept</div>");
  assert.equal(content.querySelectorAll("button, input, select").length, 3, "the page is not changed");
});

test("of the table of streams, the buttons in its head are no titles", () => {
  const head = '<th>State</th><th><button class="nbs-cancel">Cancel all</button></th>';
  const copy = copyContent(fillPage(`<table><thead><tr>${head}</tr></thead></table>`));
  assert.equal(copy.textContent, "State");
  assert.equal(copy.querySelectorAll("th").length, 2);
});

test("of a virtual list the rows in the page are copied, and how many are not", () => {
  const table = (rows: number) =>
    `<table><thead><tr><th><button>city</button></th></tr></thead>` +
    `<tbody aria-hidden="true"><tr><td data-rows="${rows}" style="height: 9999px"></td></tr></tbody>` +
    `<tbody><tr><td style="text-align: right">Oslo</td></tr></tbody></table>`;
  const omitted = copyContent(fillPage(table(1500)));
  assert.equal(omitted.textContent, "city[… 1,500 more]Oslo");
  assert.doesNotMatch(omitted.innerHTML, /9999|aria-hidden/);
  assert.match(omitted.innerHTML, /<td style="text-align: right;?">Oslo/);
  assert.equal(copyContent(fillPage(table(0))).textContent, "cityOslo");
});

test("what scrolls stays as high as it was, and lines stay lines", () => {
  const content = fillPage(
    '<div class="nbs-log-controls"><label>Level</label></div>' +
      '<div class="nbs-log" style="overflow-y: auto; white-space: pre"><div>a  line</div></div>',
  );
  const log = content.querySelector<HTMLElement>(".nbs-log")!;
  resize(log, 281);
  Object.defineProperty(log, "scrollHeight", { value: 9999 });
  const copy = copyContent(content);
  assert.equal(copy.textContent, "a  line");
  const { maxHeight, overflow, whiteSpace } = (copy.firstElementChild as HTMLElement).style;
  assert.deepEqual(
    { maxHeight, overflow, whiteSpace },
    { maxHeight: "281px", overflow: "auto", whiteSpace: "pre" },
  );
});

test("formulas are left to the notebook to typeset, up to a limit", () => {
  const content = fillPage('<span class="nbs-math">$x$</span>'.repeat(1200));
  const classes = [...copyContent(content).children].map((formula) => formula.className);
  assert.equal(classes[0], "nbstream-math mathjax_process tex2jax_process");
  assert.equal(classes.at(-1), "nbstream-math");
  assert.equal(classes.length, 1200);
});

test("a comparison stays as one, each content under its title", () => {
  const { outputs, model } = open();
  const streams = ["first", "second"].map((title) => {
    return { title, content: fillPage(`<p>of the ${title}</p>`) };
  });
  freezeComparison(model, streams);
  const { data } = outputs[0]!;
  assert.equal(
    data["text/plain"],
    "first\nof the first\n\nsecond\nof the second\n[The kernel ended while the stream was running]",
  );
  const html = String(data["text/html"]);
  for (const title of ["first", "second"]) {
    assert.match(html, new RegExp(`<strong>${title}</strong></p><div><p>of the ${title}</p></div>`));
  }
});

// The page reads markdown as the frozen output does: the cases of tests/cases/markdown.json,
// which tests/markdown_cases.py describes and normalises alike.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Links, newLinks } from "../src/markdown/grammar.ts";
import { Splitter } from "../src/markdown/splitter.ts";
import { renderPiece } from "../src/markdown/view.ts";

interface Case {
  name: string;
  text: string;
  html: string;
}
const file = new URL("../../../tests/cases/markdown.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];

/** The finished text as the view has it in the end, when it knows all links. */
function read(text: string): string {
  const splitter = new Splitter();
  const pieces = [...splitter.push(text), splitter.open];
  const links: Links = newLinks();
  for (const piece of pieces) renderPiece(piece, links);
  return pieces.map((piece) => renderPiece(piece, links)).join("");
}

function normalise(html: string): string {
  return html
    .replace(/<(p|span) class="[^"]*math[^"]*">([^<]*)<\/\1>/g, "<math>$2</math>")
    .replace(/<\/?(?:div|span)\b[^>]*>/g, "")
    .replace(/<(\w+)((?: [\w-]+="[^"]*")*)( \/)?>/g, (_, name: string, attributes: string, end = "") => {
      const kept =
        attributes.match(/ (?:(?:href|title|start)="[^"]*"|class="language-[^"]*")/g)?.join("") ?? "";
      const align = /\balign="(?:center|right)"/.exec(attributes)?.[0];
      return `<${name}${kept}${align ? ` ${align}` : ""}${end}>`;
    })
    .replace(/\n*<\/code><\/pre>/g, "</code></pre>")
    .replace(/(?<=>)[^<>]+/g, (words) => words.replace(/&#(?:39|x27);/g, "'").replace(/&(?:quot|#34);/g, '"'))
    .replace(/&#(38|60|62);/g, (_, code) => ({ 38: "&amp;", 60: "&lt;", 62: "&gt;" })[code as 38]!)
    .replace(/>\n+</g, ">\n<")
    .trim();
}

for (const { name, text, html } of cases) {
  test(name, () => assert.equal(normalise(read(text)), html));
}

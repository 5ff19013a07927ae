// Streamed markdown reads the same however it was cut into deltas.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Links, renderMarkdown } from "../src/markdown/grammar.ts";
import { closeMarks, heal } from "../src/markdown/heal.ts";
import { Splitter } from "../src/markdown/splitter.ts";
import { renderPiece } from "../src/markdown/view.ts";

const ANSWER = `# Title

Some *words* with \`code\`, a [link](https://example.org/a_(b)) and https://example.org/x.
A second line of it
# Not a paragraph
Setext
======

- one
- two

  still two
    1. nested
    2. more

- loose

1. first
2. second
\`\`\`python
def f(x):
    return "a\`\`\`b"

# not a heading
\`\`\`
| a | b |
|---|:-:|
| 1 | **2** |
| \`x\` | 3 |

> quoted
lazy

$$
a_1 + b
- c_2
$$

Costs $5 and $6, but $x_1^2$ is math; \\(y_*z_*\\) too.

    indented code

    goes on

***
![cat](https://evil.example/cat.png) and <b>raw</b> <img src=x onerror=alert(1)>
- [ ] open
- [x] done

See [the docs][1] and [2].

[1]: https://example.org/one
[2]: https://example.org/two "Two"
~~~
unclosed
`;

/** All pieces of a text given in these deltas, as HTML, the open one last. */
function read(deltas: string[]): { html: string[]; sources: string[]; open: string } {
  const splitter = new Splitter();
  const pieces = deltas.flatMap((delta) => splitter.push(delta));
  const links: Links = Object.create(null) as Links;
  for (const piece of pieces) renderPiece(piece, links);
  const html = [...pieces, splitter.open].map((piece) => renderPiece(piece, links));
  return { html, sources: pieces.map((piece) => piece.source), open: splitter.open.source };
}

/** A generator of numbers below n that a failing test can name. */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

function cut(text: string, below: (n: number) => number): string[] {
  const deltas: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + below(below(4) === 0 ? 60 : 5);
    deltas.push(text.slice(at, at + length));
    at += length;
  }
  return deltas;
}

const whole = (text: string) => read([text]);

test("the same blocks come of any cuts", () => {
  const expected = whole(ANSWER);
  for (let seed = 1; seed <= 300; seed++) {
    const got = read(cut(ANSWER, random(seed)));
    assert.equal(got.html.join(""), expected.html.join(""), `seed ${seed}`);
  }
});

test("blocks one by one read as all of them at once", () => {
  assert.equal(whole(ANSWER).html.join(""), renderMarkdown(ANSWER, {}));
});

test("random lines of marks, cut anywhere, read the same", () => {
  const lines = ["", "a", "- b", "  - c", "1. d", "> q", "# h", "===", "---", "| a | b |", "|---|---|"];
  lines.push(
    "```",
    "~~~~",
    "    code",
    "$$",
    "\\[x",
    "x\\]",
    "<div>",
    "[k]: /u",
    "**",
    "\t tab",
    "***",
    "1) e",
  );
  for (let seed = 1; seed <= 1000; seed++) {
    const below = random(seed);
    const text = `${Array.from({ length: 12 }, () => lines[below(lines.length)]).join("\n")}\n`;
    const expected = whole(text);
    const got = read(cut(text, below));
    assert.equal(got.html.join(""), expected.html.join(""), `seed ${seed}: ${JSON.stringify(text)}`);
  }
});

test("pieces are the text, to the character", () => {
  for (const text of [ANSWER, ANSWER.replaceAll("\n", "\r\n"), "a\rb\n\nc"]) {
    const { sources, open } = read(cut(text, random(7)));
    assert.equal(sources.join("") + open, text.replaceAll("\r", " "));
  }
});

const LONG: Record<string, string> = {
  paragraph: "words of a line\n".repeat(5000),
  "one line": "word ".repeat(20_000),
  "no space": "x".repeat(100_000),
  list: Array.from({ length: 4000 }, (_, i) => `${i + 1}. item **${i}**\n`).join(""),
  table: `| a | b |\n|---|---|\n${"| 1 | two |\n".repeat(8000)}`,
  fence: `\`\`\`js\n${"const x = 1;\n".repeat(8000)}`,
  quote: "> quoted words\n".repeat(6000),
  "short, then one line": `short\n${"word ".repeat(20_000)}`,
};

for (const [name, text] of Object.entries(LONG)) {
  test(`a ${name} without an end is cut where the text says`, () => {
    const expected = whole(text);
    assert.ok(expected.open.length < 40_000);
    assert.ok(Math.max(...expected.sources.map((source) => source.length)) < 40_000);
    for (const seed of [1, 2]) {
      const got = read(cut(text, random(seed)));
      assert.deepEqual(got.sources, expected.sources);
    }
  });
}

test("a list and a table that are cut go on as what they are", () => {
  const list = whole(LONG["list"]!).html;
  assert.ok(list.length > 2 && list.every((html) => html.startsWith("<ol")));
  const table = whole(LONG["table"]!).html;
  assert.ok(table.length > 2 && table.every((html) => html.includes("<th>a</th>")));
  const fence = whole(LONG["fence"]!).html;
  assert.ok(fence.length > 2 && fence.every((html) => html.includes("language-js")));
});

test("half-open marks are closed for the moment", () => {
  const cases: [string, string][] = [
    ["so **bold", "so **bold**"],
    ["so **bold ", "so **bold** "],
    ["so **", "so "],
    ["so **bold*", "so **bold**"],
    ["an *em and **strong", "an *em and **strong***"],
    ["`code", "`code`"],
    ["a `", "a "],
    ["``a`b", "``a`b``"],
    ["[text](https://exa", "text"],
    ["[text](https://a.b) and", "[text](https://a.b) and"],
    ["an array [1, 2", "an array [1, 2"],
    ["look: ![a cat](http", "look: "],
    ["snake_case_name and 2 * 3", "snake_case_name and 2 * 3"],
    ["~~gone", "~~gone~~"],
    ["**done** and", "**done** and"],
    ["$a_1 *$ and", "$a_1 *$ and"],
    ["a snake_", "a snake_"],
    ["so __bold_", "so __bold__"],
    ["含**「重点」*", "含**「重点」**"],
    ["about ~", "about "],
    ["about ~5", "about ~5"],
    ["H<sub>2", "H<sub>2</sub>"],
    ["H<su", "H"],
    ["H<sub>2</s", "H<sub>2</sub>"],
    ["a < b", "a < b"],
    ["then \\(z_1 * ", "then \\\\(z\\_1 \\* "],
  ];
  for (const [half, whole] of cases) assert.equal(closeMarks(half), whole, half);
});

test("a line that is only marks so far waits", () => {
  assert.equal(heal("text\n-"), "text\n");
  assert.equal(heal("text\n=="), "text\n");
  assert.equal(heal("- one\n- "), "- one\n");
  assert.equal(heal("text\n``"), "text\n");
  assert.equal(heal("3."), "3\\.");
  assert.equal(heal("42"), "42");
  assert.equal(heal("1. one\n2."), "1. one\n");
  assert.equal(heal("- [x"), "");
  assert.equal(heal("| a | b |\n"), "");
  assert.equal(heal("| a | b |\n|--"), "");
  assert.equal(heal("| a | b |\n|--|--|\n| **1"), "| a | b |\n|--|--|\n| **1**");
});

test("what is hostile is no link, no image and no element", () => {
  const hostile = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](//evil.example)",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "<javascript:alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '[x](https://a.b "\\" onmouseover=alert(1) ")',
    '```"><img src=x onerror=alert(1)>\ncode\n```',
    "[r]\n\n[r]: javascript:alert(1)",
    "$<img src=x onerror=alert(1)>$",
    "$$\n<img src=x onerror=alert(1)>\n$$",
  ];
  for (const text of hostile) {
    const html = renderMarkdown(text, {});
    assert.doesNotMatch(html, /<(?:img|svg|script|iframe)/, text);
    assert.doesNotMatch(html, /href="(?!https?:|mailto:)/i, text);
    assert.doesNotMatch(html.replace(/"[^"]*"/g, ""), /<[^>]*on\w+=/, text);
  }
  assert.match(
    renderMarkdown("![a cat](https://evil.example/c.png)", {}),
    /<a href=[^>]*>image: a cat \(evil.example\)<\/a>/,
  );
});

test("dollars are money unless they are math", () => {
  assert.doesNotMatch(renderMarkdown("it costs $5 and $6, or US$7-$8", {}), /nbs-math/);
  assert.match(renderMarkdown("so $x_1$ and $$y$$ and \\(z\\)", {}), /(?:nbs-math.*){3}/);
});

test("bare addresses are links, their sentence is not", () => {
  assert.match(renderMarkdown("see https://a.b/c_(d)), or so", {}), /href="https:\/\/a.b\/c_\(d\)"/);
  assert.match(
    renderMarkdown("at https://a.b/x_y_z.", {}),
    /href="https:\/\/a.b\/x_y_z"[^>]*>https:\/\/a.b\/x_y_z<\/a>\./,
  );
});

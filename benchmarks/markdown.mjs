// Measures markdown in the page, without a page: what each delta of a streamed answer costs
// from text to HTML, and how often half-open text shows marks when it is closed by our
// `heal` and by `remend`.
//
//     node benchmarks/markdown.mjs            # from the root of the repository
//     node benchmarks/markdown.mjs OTHER/src  # the same of another checkout's front end
//
// To compare with remend, first: npm install --no-save remend, in nbstream/frontend.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const source = resolve(process.argv[2] ?? "nbstream/frontend/src");
const load = async (name) => import(pathToFileURL(`${source}/markdown/${name}.ts`).href);
const { renderMarkdown } = await load("grammar");
const { Splitter } = await load("splitter");
const { renderPiece } = await load("view");
const { heal } = await load("heal");
const remend = await loadRemend();

const PART = (n) =>
  `## Part ${n}\n\nA paragraph of **bold** words, \`code\`, a [link](https://example.org)` +
  " and what else an answer has, long enough to be read and wrapped.\n\n" +
  `- first of a list\n- second, with *stress*, H<sub>2</sub>O and $x_${n}^2$\n\n` +
  "| name | value |\n|---|---|\n| a | 1 |\n| b | 2 |\n\n" +
  `\`\`\`python\ndef part_${n}(x):\n    return x + ${n}  # a comment\n\`\`\`\n\n`;
const ANSWER = Array.from({ length: 600 }, (_, n) => PART(n)).join("").slice(0, 100_000);
const DELTA = 40;

/** Milliseconds of each delta. The time of the processor, so that other work counts less. */
function timesOf(text, close) {
  const splitter = new Splitter();
  const links = Object.create(null);
  const times = [];
  for (let at = 0; at < text.length; at += DELTA) {
    const began = process.cpuUsage();
    for (const piece of splitter.push(text.slice(at, at + DELTA))) renderPiece(piece, links);
    const open = splitter.open;
    if (open.code === undefined) renderMarkdown(close(open.markdown), links);
    else renderPiece(open, links);
    const { user } = process.cpuUsage(began);
    times.push(user / 1000);
  }
  return times;
}

const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

function cost(name, text, close) {
  timesOf(text, close); // the engine has compiled it by then
  const rounds = Array.from({ length: 5 }, () => {
    const times = timesOf(text, close);
    const fifth = Math.floor(times.length / 5);
    return { first: mean(times.slice(0, fifth)), last: mean(times.slice(-fifth)) };
  });
  const first = median(rounds.map((round) => round.first));
  const last = median(rounds.map((round) => round.last));
  const kilobytes = (text.length / 1000).toFixed(0);
  console.log(
    `| ${name}, ${kilobytes} KB | ${first.toFixed(3)} ms | ${last.toFixed(3)} ms | ${(last / first).toFixed(2)}× |`,
  );
}

const CASES = JSON.parse(readFileSync(new URL("half_open.json", import.meta.url), "utf8"));

/** Return the text of some HTML, without spaces. */
const textOf = (html) => html.replace(/<[^>]*>/g, "").replace(/\s+/g, "");

/** How many beginnings of the text show what the whole of it does not begin with. */
function wrongIn(text, close) {
  const whole = textOf(renderMarkdown(text, {}));
  let wrong = 0;
  for (let length = 1; length < text.length; length++) {
    if (!whole.startsWith(textOf(renderMarkdown(close(text.slice(0, length)), {})))) wrong += 1;
  }
  return wrong;
}

function compareClosers(closers) {
  console.log(`\n| beginnings that show marks | of | ${closers.map(([name]) => name).join(" | ")} |`);
  console.log(`|---|---|${closers.map(() => "---|").join("")}`);
  for (const [name, text] of Object.entries(CASES)) {
    const counts = closers.map(([, close]) => wrongIn(text, close));
    console.log(`| ${name} | ${text.length - 1} | ${counts.join(" | ")} |`);
  }
  for (const [name, close] of closers.slice(1)) {
    const open = PART(1).repeat(12).slice(0, 4096);
    const began = process.cpuUsage();
    for (let i = 0; i < 2000; i++) close(open.slice(0, open.length - (i % 50)));
    const took = process.cpuUsage(began).user / 2000;
    console.log(`${name}: ${took.toFixed(0)} µs for an open block of 4 KB`);
  }
}

async function loadRemend() {
  try {
    const path = resolve(source, "../node_modules/remend/dist/index.js");
    return (await import(pathToFileURL(path).href)).default;
  } catch {
    return undefined;
  }
}

console.log("| streamed by 40 characters | first fifth, a delta | last fifth | ratio |\n|---|---|---|---|");
cost("an answer", ANSWER, heal);
cost("one paragraph", "some **bold** words and `code` of a line\n".repeat(2500), heal);
cost("one list", Array.from({ length: 3000 }, (_, n) => `${n + 1}. item **${n}** of a list\n`).join(""), heal);
cost("one table", `| a | b |\n|---|---|\n${"| one | **two** |\n".repeat(6000)}`.slice(0, 100_000), heal);
const closers = [
  ["as it is", (text) => text],
  ["heal", heal],
];
if (remend !== undefined) closers.push(["remend", (text) => remend(text)]);
compareClosers(closers);

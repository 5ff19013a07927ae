// Colours code by its language: those of notebooks, of what models write for them, and of
// what jobs print. Other languages stay plain.
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import json from "highlight.js/lib/languages/json";
import julia from "highlight.js/lib/languages/julia";
import python from "highlight.js/lib/languages/python";
import pythonRepl from "highlight.js/lib/languages/python-repl";
import r from "highlight.js/lib/languages/r";
import rust from "highlight.js/lib/languages/rust";
import shell from "highlight.js/lib/languages/shell";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const languages = {
  bash,
  cpp,
  diff,
  dockerfile,
  go,
  ini,
  java,
  json,
  julia,
  python,
  "python-repl": pythonRepl,
  r,
  rust,
  shell,
  sql,
  typescript,
  xml,
  yaml,
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);
// TypeScript's grammar includes JavaScript's, which would be 7 KB more.
hljs.registerAliases(["javascript", "js", "jsx", "mjs", "cjs"], { languageName: "typescript" });
hljs.registerAliases(["c", "h"], { languageName: "cpp" });
hljs.registerAliases(["ipython", "ipython3"], { languageName: "python" });
hljs.registerAliases(["jl"], { languageName: "julia" });

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Read the name of a language: the first word after a fence, if it can be a class. */
export function readLanguage(info: string): string {
  const name = info
    .trim()
    .split(/[\s{,:]/, 1)[0]!
    .toLowerCase();
  return /^[\w+#.-]{1,30}$/.test(name) ? name : "";
}

/** Write code as HTML, coloured if its language is known. */
export function highlightCode(code: string, info: string): string {
  const language = readLanguage(info);
  if (hljs.getLanguage(language) === undefined) return escapeHtml(code);
  return hljs.highlight(code, { language, ignoreIllegals: true }).value;
}

/** Write a block of code as HTML. */
export function renderCode(code: string, info: string, inner = highlightCode(code, info)): string {
  const language = readLanguage(info);
  const named = language ? ` class="language-${escapeHtml(language)}"` : "";
  const end = inner === "" || inner.endsWith("\n") ? "" : "\n";
  return `<div class="nbs-code"><pre><code${named}>${inner}${end}</code></pre></div>\n`;
}

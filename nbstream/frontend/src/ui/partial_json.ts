// Formats JSON with a line for each value, also while it is incomplete.

const TOKENS = /\s+|"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|[{}[\],:]|[\w+.-]+/y;
const CLOSER: Record<string, string> = { "{": "}", "[": "]" };
const LITERALS = ["true", "false", "null"];

/** Format the beginning of a JSON object or array. Every character outside of white space
 *  is kept as it was sent, so that long numbers are exact. Any other text is returned
 *  unchanged. */
export function formatPartialJson(text: string): string {
  if (!/^\s*[{[]/.test(text)) return text;
  const open: string[] = []; // the brackets that close what is open
  let out = "";
  let breaks = false; // a line break is due before the next token
  TOKENS.lastIndex = 0;
  while (TOKENS.lastIndex < text.length) {
    const token = TOKENS.exec(text)?.[0];
    if (token === undefined) return text;
    if (token.trim() === "") continue;
    if (out !== "" && open.length === 0) return text; // text after the end
    if (token === "}" || token === "]") {
      if (open.pop() !== token) return text;
      // Empty brackets stay together.
      out += breaks && /[{[]$/.test(out) ? token : newLine(open) + token;
      breaks = false;
      continue;
    }
    if (breaks) out += newLine(open);
    breaks = false;
    const closer = CLOSER[token];
    if (closer !== undefined) open.push(closer);
    else if (!isScalar(token) && token !== "," && token !== ":") return text;
    out += token === ":" ? ": " : token;
    breaks = closer !== undefined || token === ",";
  }
  return out;
}

function newLine(open: readonly string[]): string {
  return `\n${"  ".repeat(open.length)}`;
}

function isScalar(token: string): boolean {
  return (
    token.startsWith('"') ||
    /^-?[\d.eE+-]*$/.test(token) ||
    LITERALS.some((literal) => literal.startsWith(token))
  );
}

// Which formulas the host's typesetter gets to see: an allow-list, and bounds.
//
// The twin is nbstream/rendering/formulas.py, which says why, with the same formulas.json;
// tests/cases/formulas.json holds both to the same.
import rules from "../../../rendering/formulas.json" with { type: "json" };

const words = (text: string) => new Set(text.split(" "));
const MACROS = words(Object.values(rules.macros).join(" "));
const ENVIRONMENTS = words(rules.environments);
const COLOURS = words(rules.colours);
const UNBRACKETED = words(rules.unbracketed);
// Names come from the text, and one of them may be `constructor`.
const COLUMNS = new Map(Object.entries(rules.columns));
const UNNUMBERED = new Map(Object.entries(rules.unnumbered));
const REPLACED = new Map(Object.entries(rules.replaced));
const LENGTHS = new Map(Object.entries(rules.lengths));
const LIMITED = new Map(Object.entries(rules.limited));
const LIMITS = rules.limits;

/** A longer formula stays as it was written. */
export const MAX_CHARACTERS = LIMITS.characters;

/** Formulas of one frozen output that are typeset. */
export const MAX_TYPESET = LIMITS.typeset;

// All that can mean more than itself; a backslash at the very end begins nothing.
const TOKEN = /\\(?:([A-Za-z]+)|([\s\S]))?|\^\^|[{}$&#%]/g;
const NAME = /\s*\{([A-Za-z]+\*?)\}/y;
const COLUMN_LETTERS = /(?:\s*\[[tcb]\])?\s*\{([^{}]{1,60})\}/y;
const BRACKET = /\s*\[/y;
const ALIGNMENT = /\s*\[[tcb]\]/y;
const LENGTH = String.raw`\s*([0-9]{1,3}(?:\.[0-9]{0,3})?|\.[0-9]{1,3})\s*([a-z]{2})\s*`;
const SPACE = new RegExp(String.raw`\s*\{${LENGTH}\}`, "y");
const NO_SKIP = /(?!\*?\[)(?!\*?\s*\[\s*[-+.,0-9])/y;
const SKIP = new RegExp(String.raw`\*?\s*\[${LENGTH}\]`, "y");
const LABEL = /\s*\{([A-Za-z0-9_ .:+/()'*-]{1,60})\}/y;
const TAG = new RegExp(String.raw`(\*?)${LABEL.source}`, "y");
const ALIGNED = new Set(["aligned", "alignedat", "gathered", "split"]);

const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;
const PILED = new RegExp(String.raw`\p{M}{${LIMITS.marks + 1}}`, "u");

/** A formula as the typesetter may have it, or undefined if it may not.
 *
 * What would number it or refer to it elsewhere in the page is taken out of it. */
export function prepareFormula(formula: string): string | undefined {
  const width = formula.startsWith("$") && !formula.startsWith("$$") ? 1 : 2;
  const content = formula.slice(width, -width);
  if (formula.length > MAX_CHARACTERS || !isReadable(content)) return undefined;
  const prepared = new Reader(content).read();
  if (prepared === undefined || prepared.trim() === "") return undefined;
  return formula.slice(0, width) + prepared + formula.slice(-width);
}

/** Return whether all of it is visible, in its place. */
function isReadable(content: string): boolean {
  if (/^[\x00-\x7f]*$/.test(content)) return !CONTROL.test(content);
  return !HIDDEN.test(content) && !PILED.test(content);
}

/** Reads one formula from its beginning to its end. */
class Reader {
  readonly #content: string;
  #at = 0;
  // What is open here: `{`, `ce{`, `$`, `left`, or an environment's name.
  readonly #open: string[] = [];
  readonly #counts = new Map<string, number>();
  #commands = 0;

  constructor(content: string) {
    this.#content = content;
  }

  read(): string | undefined {
    let written = "";
    let copied = 0;
    let chemistry = false; // a brace that opens now opens a `\ce`
    for (;;) {
      TOKEN.lastIndex = this.#at;
      const found = TOKEN.exec(this.#content);
      if (found === null) break;
      const before = this.#content.slice(copied, found.index);
      this.#at = TOKEN.lastIndex;
      const opensChemistry = chemistry && before.trim() === "";
      chemistry = found[1] === "ce" || found[1] === "pu";
      const replacement =
        found[0][0] === "\\" ? this.#readCommand(found) : this.#readCharacter(found[0], opensChemistry);
      if (replacement === undefined) return undefined;
      written += before + replacement;
      copied = this.#at;
    }
    return this.#open.length > 0 ? undefined : written + this.#content.slice(copied);
  }

  #readCharacter(char: string, opensChemistry: boolean): string | undefined {
    const inner = this.#open.at(-1) ?? "";
    if (char === "{") return this.#push(opensChemistry ? "ce{" : "{", char);
    if (char === "}") return this.#pop(inner === "ce{" ? "ce{" : "{", char);
    if (char === "$") {
      // Math in words, as in `\text{if $x > 0$}`.
      if (inner === "$") return this.#pop("$", char);
      return inner === "{" ? this.#push("$", char) : undefined;
    }
    if (char === "&") return ENVIRONMENTS.has(inner) ? char : undefined;
    if (char === "#") return this.#open.includes("ce{") ? char : undefined; // a triple bond
    return undefined;
  }

  #readCommand([written, name, symbol]: RegExpExecArray): string | undefined {
    this.#commands += 1;
    if (this.#commands > LIMITS.commands) return undefined;
    if (name === undefined) {
      if (symbol === "\\") return this.#readLineEnd();
      const allowed = symbol !== undefined && rules.symbols.includes(symbol);
      return allowed && this.#hasRoom(symbol) ? written : undefined;
    }
    // Some would take a letter beyond ASCII for one of the name.
    const follows = this.#content.charCodeAt(this.#at);
    if (!MACROS.has(name) || follows > 127 || !this.#hasRoom(name)) return undefined;
    if (UNBRACKETED.has(name) && this.#matches(BRACKET)) return undefined;
    return this.#readNamed(name, written);
  }

  #readNamed(name: string, written: string): string | undefined {
    switch (name) {
      case "begin":
        return this.#readBegin();
      case "end": {
        const ended = this.#take(NAME)?.[1];
        if (ended === undefined) return undefined;
        return this.#pop(ended, `\\end{${UNNUMBERED.get(ended) ?? ended}}`);
      }
      case "left":
        return this.#push("left", written);
      case "right":
        return this.#pop("left", written);
      case "hspace":
      case "mspace": {
        const found = this.#take(SPACE);
        return isShort(found) ? written + found[0] : undefined;
      }
      case "color":
      case "textcolor": {
        const found = this.#take(NAME);
        return found !== null && COLOURS.has(found[1]!) ? written + found[0] : undefined;
      }
      case "label":
        return this.#take(LABEL) === null ? undefined : "";
      case "ref":
        return spellName(this.#take(LABEL)?.[1]);
      case "eqref":
        return spellName(this.#take(LABEL)?.[1], true);
      case "tag": {
        const found = this.#take(TAG);
        const tag = spellName(found?.[2], found?.[1] === "");
        return tag === undefined ? undefined : `\\qquad${tag}`;
      }
      default:
        return REPLACED.get(name) ?? written;
    }
  }

  #readBegin(): string | undefined {
    const name = this.#take(NAME)?.[1];
    if (name === undefined || !ENVIRONMENTS.has(name)) return undefined;
    let written = `\\begin{${UNNUMBERED.get(name) ?? name}}`;
    const allowed = COLUMNS.get(name);
    if (allowed !== undefined) {
      const columns = this.#take(COLUMN_LETTERS);
      if (columns === null) return undefined;
      if ([...columns[1]!].some((letter) => !`${allowed} `.includes(letter))) return undefined;
      written += columns[0];
    } else if (ALIGNED.has(name) && this.#matches(BRACKET)) {
      const aligned = this.#take(ALIGNMENT);
      if (aligned === null) return undefined;
      written += aligned[0];
    }
    return this.#push(name, written);
  }

  #readLineEnd(): string | undefined {
    const rows = (this.#counts.get("\\") ?? 0) + 1;
    this.#counts.set("\\", rows);
    if (rows > LIMITS.rows) return undefined;
    if (this.#matches(NO_SKIP)) return "\\\\";
    const found = this.#take(SKIP);
    return isShort(found) ? `\\\\${found[0]}` : undefined;
  }

  #matches(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#content);
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#content);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #hasRoom(command: string): boolean {
    const count = (this.#counts.get(command) ?? 0) + 1;
    this.#counts.set(command, count);
    return count <= (LIMITED.get(command) ?? count);
  }

  #push(kind: string, written: string): string | undefined {
    this.#open.push(kind);
    return this.#open.length <= LIMITS.depth ? written : undefined;
  }

  #pop(kind: string, written: string): string | undefined {
    return this.#open.pop() === kind ? written : undefined;
  }
}

function isShort(found: RegExpExecArray | null): found is RegExpExecArray {
  return found !== null && Number(found[1]) <= (LENGTHS.get(found[2]!) ?? -1);
}

/** A name as words of a formula. */
function spellName(name: string | undefined, inBrackets = false): string | undefined {
  if (name === undefined) return undefined;
  const words = name.replaceAll("_", "\\_");
  return `\\text{${inBrackets ? `(${words})` : words}}`;
}

// Parses colours (SGR escape sequences) in lines of a log, as the kernel does for the frozen
// output. The kernel has removed all other escape sequences; any that is left has no effect.
import { adaptToBackground, adaptToPage, findPaletteColour, type RGB, toHex } from "./colour.ts";
import { escapeInvisible } from "./invisible_characters.ts";

const SGR = /\x1b\[([0-9;:]{0,64})m/;
const SGRS = new RegExp(SGR, "g");
const UNPRINTABLE = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/;
const UNPRINTABLES = new RegExp(UNPRINTABLE, "g");

/** A part of a line, and its CSS. */
export interface Span {
  text: string;
  css: string;
}

interface Pen {
  fg: RGB | null;
  bg: RGB | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  reverse: boolean;
}

const PEN: Pen = {
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  reverse: false,
};
const FLAGS: Record<number, Partial<Pen>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { reverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { reverse: false },
  29: { strike: false },
};

/** Remove colours from a line, to copy it; all printable characters are kept. */
export function stripAnsi(line: string): string {
  if (!UNPRINTABLE.test(line)) return line;
  return line.replace(SGRS, "").replace(UNPRINTABLES, "");
}

/** Parse a line into spans that may be shown; none is empty. */
export function parseSpans(line: string): Span[] {
  if (!UNPRINTABLE.test(line)) return line === "" ? [] : [{ text: escapeInvisible(line), css: "" }];
  const found: Span[] = [];
  let pen = PEN;
  // Split by a pattern with a group: text and parameters alternate.
  line.split(SGR).forEach((part, i) => {
    if (i % 2 === 1) pen = applySgr(pen, part);
    else {
      const text = part.replace(UNPRINTABLES, "");
      if (text !== "") found.push({ text: escapeInvisible(text), css: toCss(pen) });
    }
  });
  return found;
}

function applySgr(pen: Pen, params: string): Pen {
  let now = pen;
  const fields = params.split(";");
  for (let i = 0; i < fields.length; i++) {
    const [head, ...rest] = fields[i]!.split(":");
    const code = Number(head);
    if (code === 0) now = PEN;
    else if (code === 38 || code === 48 || code === 58) {
      let parts = rest;
      if (parts.length === 0) {
        // `38;5;n` and `38;2;r;g;b`: the colour is in the fields that follow.
        const more = { "5": 1, "2": 3 }[fields[i + 1] ?? ""] ?? 0;
        parts = fields.slice(i + 1, i + 2 + more);
        i += 1 + more;
      }
      const colour = parseColour(parts);
      if (colour !== null && code !== 58) {
        now = { ...now, [code === 38 ? "fg" : "bg"]: colour };
      }
    } else if (code === 4 && rest.length === 1 && rest[0] === "0") {
      now = { ...now, underline: false };
    } else if (FLAGS[code] !== undefined) now = { ...now, ...FLAGS[code] };
    else if (30 <= code && code <= 37) now = { ...now, fg: findPaletteColour(code - 30) };
    else if (90 <= code && code <= 97) now = { ...now, fg: findPaletteColour(code - 82) };
    else if (40 <= code && code <= 47) now = { ...now, bg: findPaletteColour(code - 40) };
    else if (100 <= code && code <= 107) now = { ...now, bg: findPaletteColour(code - 92) };
    else if (code === 39) now = { ...now, fg: null };
    else if (code === 49) now = { ...now, bg: null };
  }
  return now;
}

function parseColour([mode, ...rest]: string[]): RGB | null {
  const parts = mode === "5" ? rest.slice(0, 1) : rest.length > 3 ? rest.slice(1, 4) : rest;
  if (!parts.every((part) => part !== "" && Number(part) < 256)) return null;
  const [first, second, third] = parts.map(Number);
  if (mode === "5" && first !== undefined) return findPaletteColour(first);
  if (mode === "2" && parts.length === 3) return [first!, second!, third!];
  return null;
}

function toCss(pen: Pen): string {
  const declarations: string[] = [];
  const [fg, bg] = pen.reverse ? [pen.bg, pen.fg ?? ([190, 190, 190] as const)] : [pen.fg, pen.bg];
  const text = fg === null ? null : adaptToPage(fg);
  if (bg !== null) declarations.push(`background:${toHex(bg)};color:${toHex(adaptToBackground(fg, bg))}`);
  else if (text !== null) declarations.push(`color:color-mix(in srgb,${toHex(text)} 75%,currentColor)`);
  if (pen.bold) declarations.push("font-weight:700");
  if (pen.dim) declarations.push("opacity:.75");
  if (pen.italic) declarations.push("font-style:italic");
  const lines = [pen.underline && "underline", pen.strike && "line-through"].filter(Boolean);
  if (lines.length > 0) declarations.push(`text-decoration:${lines.join(" ")}`);
  return declarations.join(";");
}

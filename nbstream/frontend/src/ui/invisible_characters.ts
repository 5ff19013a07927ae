// Escapes invisible characters that deceive: they change the order in which text is shown, or
// hide a part of it. The kernel's twin says why each is here; both are tested with
// `tests/cases/invisible_characters.json`.

const ORDER =
  "\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f" +
  "\\u202a-\\u202e\\u2066-\\u206f\\u2028\\u2029\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}";
const MARKS = "\\u200e\\u200f\\u061c";
const VARIATIONS = "\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}";
const INVISIBLE =
  "\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200d\\u2060-\\u2064\\u3164\\ufeff\\uffa0";
const RIGHT_TO_LEFT =
  /[\u05be-\u05f4\u0620-\u065f\u066e-\u08c7\ufb1d-\ufdfb\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1eeff}]/u;
/** So many characters around a mark of direction decide on it. */
const NEAR = 60;
const EDGE = /[\n<>]/;
const FLAG = "\\u{1f3f4}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{1,6}\\u{e007f}";
const JOINING = "\\u0600-\\u08ff\\u0900-\\u0dff\\u0f00-\\u109f\\u1780-\\u18aa\\ufb50-\\ufdff\\ufe70-\\ufefc";
const EMOJI = "\\u00a9\\u00ae\\u2190-\\u2bff\\u3030\\u303d\\u3297\\u3299\\ufe0f\\u{1f000}-\\u{1faff}";

const IN_WORDS = new RegExp(
  `(?<kept>${FLAG})|(?<mark>[${MARKS}])|(?:[${ORDER}]|(?<=[${VARIATIONS}])[${VARIATIONS}])+`,
  "gu",
);
const IN_CODE = new RegExp(
  `(?<kept>${FLAG}|(?<=[${JOINING}])[\\u200c\\u200d](?=[${JOINING}])` +
    `|(?<=[${EMOJI}])(?:\\u200d(?=[${EMOJI}])|\\ufe0f)|(?<=[0-9#*])\\ufe0f(?=\\u20e3))` +
    `|[${ORDER}${MARKS}${VARIATIONS}${INVISIBLE}]+`,
  "gu",
);
// All of those above: most text has none, and is searched only once.
const ANY = new RegExp(`[${ORDER}${MARKS}${VARIATIONS}${INVISIBLE}]`, "u");
/** Of a longer run, the rest is counted. */
const MAX_ESCAPED = 8;

/** Check whether a text has characters that may have to be escaped. */
export function hasInvisible(text: string): boolean {
  return ANY.test(text);
}

/** Escape what deceives in prose. */
export function escapeInvisible(text: string): string {
  return ANY.test(text) ? text.replace(IN_WORDS, escapeRun) : text;
}

/** Escape all that has no width, in code, JSON and addresses. */
export function escapeInvisibleInCode(text: string): string {
  return ANY.test(text) ? text.replace(IN_CODE, escapeRun) : text;
}

/** Check whether a text has letters that are read from the right, as in Arabic and Hebrew. */
export function hasRightToLeft(text: string): boolean {
  return RIGHT_TO_LEFT.test(text);
}

type Groups = { kept?: string; mark?: string };

function escapeRun(found: string, ...rest: unknown[]): string {
  const { kept, mark } = rest.at(-1) as Groups;
  const [at, text] = rest.slice(-3) as [number, string];
  if (kept || (mark && isBesideRightToLeft(text, at))) return found;
  const characters = [...found];
  const escaped = characters.slice(0, MAX_ESCAPED).map((character) => {
    const code = character.codePointAt(0)!;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
  });
  const more = characters.length - MAX_ESCAPED;
  if (more > 0) escaped.push(`[… ${more.toLocaleString("en")} more invisible characters]`);
  return escaped.join("");
}

function isBesideRightToLeft(text: string, at: number): boolean {
  const before = text
    .slice(Math.max(at - NEAR, 0), at)
    .split(EDGE)
    .at(-1)!;
  const after = text.slice(at, at + NEAR).split(EDGE, 1)[0]!;
  return hasRightToLeft(before + after);
}

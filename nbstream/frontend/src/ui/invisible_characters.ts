// Invisible characters that deceive, written by name: they show text in another order than
// it has, or hide more of it. The twin of `visible` in `nbstream/wellformed.py`, which says
// why each is here; `tests/visible_cases.json` holds both to the same.

const ORDER = "\\u202a-\\u202e\\u2066-\\u206f\\u2028\\u2029\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}";
const MARKS = "\\u200e\\u200f\\u061c";
const VARIATIONS = "\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}";
const UNSEEN =
  "\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200d\\u2060-\\u2064\\u3164\\ufeff\\uffa0";
const RIGHT_TO_LEFT =
  /[\u05be-\u05f4\u0620-\u065f\u066e-\u08c7\ufb1d-\ufdfb\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1eeff}]/u;
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
    `|[${ORDER}${MARKS}${VARIATIONS}${UNSEEN}]+`,
  "gu",
);
// All of those above: most text has none, and is looked through once.
const ANY = new RegExp(`[${ORDER}${MARKS}${VARIATIONS}${UNSEEN}]`, "u");
const MOST_NAMED = 8;

/** Whether there is anything in the text that may have to be named. */
export function hasUnseen(text: string): boolean {
  return ANY.test(text);
}

/** Words as they may be shown. */
export function visible(text: string): string {
  return ANY.test(text) ? text.replace(IN_WORDS, name) : text;
}

/** Code, JSON, addresses, as they may be shown: all that has no width is named. */
export function visibleCode(text: string): string {
  return ANY.test(text) ? text.replace(IN_CODE, name) : text;
}

/** Whether some letter of it is read from the right, as in Arabic and Hebrew. */
export function readsRightToLeft(text: string): boolean {
  return RIGHT_TO_LEFT.test(text);
}

type Groups = { kept?: string; mark?: string };

function name(found: string, ...rest: unknown[]): string {
  const { kept, mark } = rest.at(-1) as Groups;
  const [at, text] = rest.slice(-3) as [number, string];
  if (kept || (mark && isBesideRightToLeft(text, at))) return found;
  const characters = [...found];
  const named = characters.slice(0, MOST_NAMED).map((character) => {
    const code = character.codePointAt(0)!;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
  });
  const more = characters.length - MOST_NAMED;
  if (more > 0) named.push(`[… ${more.toLocaleString("en")} more invisible characters]`);
  return named.join("");
}

function isBesideRightToLeft(text: string, at: number): boolean {
  const before = text
    .slice(Math.max(at - NEAR, 0), at)
    .split(EDGE)
    .at(-1)!;
  const after = text.slice(at, at + NEAR).split(EDGE, 1)[0]!;
  return readsRightToLeft(before + after);
}

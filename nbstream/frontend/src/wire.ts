// JSON values as they cross: JavaScript's numbers are exact up to 2^53 only, and JSON has
// no NaN. The twin of `nbstream/content/wire.py`.

const MARK = "$number";

/** A number that JavaScript or JSON has none for, by its digits or name. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** What it compares as; null where it is not a number. */
  get value(): number | bigint | null {
    if (this.text === "nan") return null;
    if (this.text.endsWith("inf")) return this.text === "inf" ? Infinity : -Infinity;
    return /^-?\d+$/.test(this.text) ? BigInt(this.text) : Number(this.text);
  }
}

/** The value that crossed so; the same if it crossed as it was. */
export function fromWire(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const inner = value.map(fromWire);
    return inner.some((one, i) => one !== value[i]) ? inner : value;
  }
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first![0] === MARK) {
    const marked = first![1] as string | Record<string, unknown>;
    return typeof marked === "string" ? new ExactNumber(marked) : { [MARK]: fromWire(marked[MARK]) };
  }
  const read = entries.map(([name, one]) => [name, fromWire(one)] as const);
  return read.some(([, one], i) => one !== entries[i]![1]) ? Object.fromEntries(read) : value;
}

/** Parse JSON. Integers past JavaScript's are exact where the browser passes their source
 *  text to the reviver. */
export function parseJson(text: string): unknown {
  const reader = (_: string, value: unknown, context?: { source?: string }) => {
    const source = context?.source;
    if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
    return /^-?\d+$/.test(source) ? new ExactNumber(source) : value;
  };
  return JSON.parse(text, reader as (key: string, value: unknown) => unknown);
}

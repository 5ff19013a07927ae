// Turns metric points into the lines of charts: grouped, and downsampled to what a screen
// can show.

/** A measured point. A value that JSON has no number for is a text, such as "nan". */
export type Point = [name: string, step: number | null, value: number | string];

export interface Series {
  name: string;
  /** Ascending: the steps, or if a point has none, the numbers of the points. */
  xs: number[];
  /** null is a gap. */
  ys: (number | null)[];
  points: number;
  last: number | string;
  step: number | null;
  /** Of the values that are numbers; null if no value is one. */
  min: number | null;
  max: number | null;
  /** How many values cannot be drawn: NaN, infinities, and the extremely large. */
  gaps: number;
}

// Past these an axis has no ticks, and hostile numbers could hang the chart library.
const MAX_VALUE = 1e30;
const MAX_STEP = 1e15;

/** Collect the points of each series, in the order of their first points. */
export function collectSeries(points: readonly Point[]): Series[] {
  const found = new Map<string, Series & { ordered: boolean }>();
  for (const [name, step, value] of points) {
    let one = found.get(name);
    if (one === undefined) {
      const none = { points: 0, last: value, step, min: null, max: null, gaps: 0 };
      one = { name, xs: [], ys: [], ...none, ordered: true };
      found.set(name, one);
    }
    one.points += 1;
    one.last = value;
    one.step = step;
    if (typeof value === "number") {
      if (one.min === null || value < one.min) one.min = value;
      if (one.max === null || value > one.max) one.max = value;
    }
    const drawable = typeof value === "number" && Math.abs(value) <= MAX_VALUE;
    if (!drawable) one.gaps += 1;
    if (step === null || Math.abs(step) > MAX_STEP) one.ordered = false;
    one.xs.push(step ?? 0);
    one.ys.push(drawable ? value : null);
  }
  for (const one of found.values()) {
    // If one point has no step, only the order of the points is known for all.
    if (!one.ordered) one.xs = one.xs.map((_, i) => i + 1);
    else sortBySteps(one);
  }
  return [...found.values()];
}

/** Sort by step; of several values of one step, the last counts. */
function sortBySteps(series: Series): void {
  const { xs, ys } = series;
  if (xs.every((x, i) => i === 0 || x > xs[i - 1]!)) return;
  const values = new Map(xs.map((x, i) => [x, ys[i]!]));
  series.xs = [...values.keys()].sort((a, b) => a - b);
  series.ys = series.xs.map((x) => values.get(x)!);
}

const SPLIT = "train|training|val|valid|validation|test|eval|dev";
const BEFORE = new RegExp(`^(?:${SPLIT})[ _.:-]`, "i");
const AFTER = new RegExp(`[ _.:-](?:${SPLIT})$`, "i");

/** Get the name of the chart of a metric: what is measured, whatever it is measured on.
 *  `val_loss`, `train/loss` and `loss` are in one chart, `loss` and `lr` are not. */
export function groupOf(name: string): string {
  const measured = name.slice(name.lastIndexOf("/") + 1).trim();
  return measured.replace(BEFORE, "").replace(AFTER, "") || name;
}

/** Downsample a line to a few points for each column of pixels: the first, the lowest, the
 *  highest and the last, and a gap if there is one. It looks the same as the whole line. */
export function downsample(
  xs: number[],
  ys: (number | null)[],
  columns: number,
): [number[], (number | null)[]] {
  if (xs.length <= 2 * columns) return [xs, ys];
  const from = xs[0]!;
  const width = (xs[xs.length - 1]! - from) / columns || 1;
  const keptX: number[] = [];
  const keptY: (number | null)[] = [];
  for (let i = 0; i < xs.length; ) {
    const column = Math.floor((xs[i]! - from) / width);
    const first = i;
    let low = -1;
    let high = -1;
    let gap = -1;
    for (; i < xs.length && Math.floor((xs[i]! - from) / width) === column; i++) {
      const y = ys[i]!;
      if (y === null) gap = i;
      else {
        if (low < 0 || y < ys[low]!) low = i;
        if (high < 0 || y > ys[high]!) high = i;
      }
    }
    const kept = [first, low, high, gap, i - 1].filter((at) => at >= 0).sort((a, b) => a - b);
    kept.forEach((at, k) => {
      if (at === kept[k - 1]) return;
      keptX.push(xs[at]!);
      keptY.push(ys[at]!);
    });
  }
  return [keptX, keptY];
}

/** Join several lines over one list of steps; undefined where a line has no point. */
export function alignSeries(
  lines: [number[], (number | null)[]][],
): [number[], ...(number | null | undefined)[][]] {
  if (lines.length === 1) return lines[0]!;
  const xs = [...new Set(lines.flatMap(([x]) => x))].sort((a, b) => a - b);
  const at = new Map(xs.map((x, i) => [x, i]));
  const rows = lines.map(([x, y]) => {
    const row = new Array<number | null | undefined>(xs.length).fill(undefined);
    x.forEach((one, i) => {
      row[at.get(one)!] = y[i]!;
    });
    return row;
  });
  return [xs, ...rows];
}

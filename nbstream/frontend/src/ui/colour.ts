// Adapts colours so that they are readable on a light page and on a dark one, as the kernel
// does for the frozen output.

export type RGB = readonly [number, number, number];

const NAMED: RGB[] = [
  [0, 0, 0],
  [205, 49, 49],
  [13, 148, 80],
  [193, 156, 0],
  [36, 114, 200],
  [188, 63, 188],
  [17, 150, 190],
  [229, 229, 229],
  [102, 102, 102],
  [241, 76, 76],
  [35, 209, 139],
  [245, 245, 67],
  [59, 142, 234],
  [214, 112, 214],
  [41, 184, 219],
  [255, 255, 255],
];
const LEVELS = [0, 95, 135, 175, 215, 255];
const MIDDLE = 0.18;
const LEAST_CONTRAST = 4.5;
const BLACK: RGB = [0, 0, 0];
const WHITE: RGB = [255, 255, 255];

/** One of a terminal's 256 colours. */
export function findPaletteColour(index: number): RGB {
  if (index < 16) return NAMED[index]!;
  if (index >= 232) {
    const grey = 8 + 10 * (index - 232);
    return [grey, grey, grey];
  }
  const i = index - 16;
  return [LEVELS[Math.floor(i / 36)]!, LEVELS[Math.floor(i / 6) % 6]!, LEVELS[i % 6]!];
}

/** The colour for text on the page; null where that is the text's own. */
export function adaptToPage(colour: RGB): RGB | null {
  const bright = computeLuminance(colour);
  const grey = Math.max(...colour) - Math.min(...colour) < 16;
  if (grey && !(0.05 < bright && bright < 0.6)) return null;
  const white = (MIDDLE - bright) / (1 - bright);
  const [red, green, blue] = colour.map((part) => {
    const value = linearise(part);
    return toByte(bright >= MIDDLE ? (value * MIDDLE) / bright : value + (1 - value) * white);
  });
  return [red!, green!, blue!];
}

/** The colour for text on a background of its own. */
export function adaptToBackground(colour: RGB | null, background: RGB): RGB {
  if (colour !== null && computeContrast(colour, background) >= LEAST_CONTRAST) return colour;
  return computeContrast(BLACK, background) > computeContrast(WHITE, background) ? BLACK : WHITE;
}

function computeContrast(one: RGB, other: RGB): number {
  const [a, b] = [computeLuminance(one) + 0.05, computeLuminance(other) + 0.05];
  return Math.max(a, b) / Math.min(a, b);
}

export function toHex(colour: RGB): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function computeLuminance([red, green, blue]: RGB): number {
  return 0.2126 * linearise(red) + 0.7152 * linearise(green) + 0.0722 * linearise(blue);
}

function linearise(part: number): number {
  return (part / 255) ** 2.2;
}

function toByte(value: number): number {
  return Math.floor(255 * Math.min(1, value) ** (1 / 2.2) + 0.5);
}

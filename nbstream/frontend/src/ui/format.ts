// Figures, durations and JSON values in words. The twin of `nbstream/rendering/format.py`;
// `tests/cases/numbers.json` holds both to the same.
import { ExactNumber } from "../wire.ts";

/** A duration: `4.2 s`, `3:07`, `1:02:09`. */
export function formatDuration(seconds: number): string {
  const tenths = seconds.toFixed(1);
  if (Number(tenths) < 60) return `${tenths} s`;
  const whole = Math.max(Math.floor(seconds), 60);
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** A time in whole seconds, for what ticks. */
export function formatSeconds(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds);
}

// A shorter wait is over before it is read.
const MIN_WAIT_S = 0.5;

/** Describe when the next attempt to connect is; empty if there is none, or hardly a wait.
 *
 *  @param wait The seconds until then, as of `since` seconds ago. */
export function describeRetry(wait: number | undefined, since: number): string[] {
  if (wait === undefined || wait < MIN_WAIT_S || wait <= since) return [];
  return [`trying again in ${formatSeconds(Math.ceil(wait - since))}`];
}

export function formatCount(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString("en")} ${value === 1 ? one : many}`;
}

/** An integer of up to 15 digits as it is, and any other number with at most six
 *  significant digits: `0.333333`, `1.5e+20`, `nan`, `-inf`. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const [digits, exponent] = value.toExponential(5).split("e") as [string, string];
  if (-4 <= Number(exponent) && Number(exponent) < 6) return String(Number(value.toPrecision(6)));
  return `${digits.replace(/\.?0+$/, "")}e${exponent}`;
}

/** Events a second. */
export function formatRate(perSecond: number): string {
  return `${perSecond >= 10 ? Math.round(perSecond).toLocaleString("en") : perSecond.toFixed(1)}/s`;
}

/** A JSON value in one line: a string as it is, and what holds others as JSON. */
export function formatValue(value: unknown): string {
  return typeof value === "string" ? value : toJson(value);
}

function toJson(value: unknown): string {
  if (value instanceof ExactNumber) return value.text;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(", ")}]`;
  const fields = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${toJson(one)}`);
  return `{${fields.join(", ")}}`;
}

/** Describe the reconnects, and the events that they lost. */
export function describeLosses(reconnects: number, unbroken = false, lost?: number): string[] {
  const words: string[] = [];
  if (reconnects > 0) words.push(`reconnected ${reconnects}×${unbroken ? ", 0 lost" : ""}`);
  if (lost !== undefined) {
    words.push(lost > 0 ? `gap: at least ${lost.toLocaleString("en")} lost` : "gap: some events lost");
  }
  return words;
}

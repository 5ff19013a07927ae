// Formats figures for readers.

/** Format a duration: `4.2 s`, `3:07`, `1:02:09`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Format a duration in whole seconds, for a clock that ticks. */
export function whole(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : duration(seconds);
}

// A shorter wait is over before it is read.
const MIN_WAIT_S = 0.5;

/** Describe when the next attempt to connect is; empty if there is none, or hardly a wait.
 *
 *  @param wait the seconds until then, as of `since` seconds ago. */
export function untilRetry(wait: number | undefined, since: number): string[] {
  if (wait === undefined || wait < MIN_WAIT_S || wait <= since) return [];
  return [`trying again in ${whole(Math.ceil(wait - since))}`];
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString("en")} ${value === 1 ? one : many}`;
}

/** Format a number with at most six significant digits, and no needless ones. */
export function figure(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return String(Number(value.toPrecision(6)));
}

/** Format a number of events a second. */
export function rate(perSecond: number): string {
  return `${perSecond >= 10 ? Math.round(perSecond).toLocaleString("en") : perSecond.toFixed(1)}/s`;
}

/** Format any JSON value in one line. */
export function cell(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Describe the reconnects, and the events that were lost by them. */
export function losses(reconnects: number, unbroken = false, lost?: number): string[] {
  const words: string[] = [];
  if (reconnects > 0) words.push(`reconnected ${reconnects}×${unbroken ? ", 0 lost" : ""}`);
  if (lost !== undefined) {
    words.push(lost > 0 ? `gap: at least ${lost.toLocaleString("en")} lost` : "gap: some events lost");
  }
  return words;
}

// The events a second of a stream, measured by the messages that this page has received.

const OVER_MS = 2000;
/** Before it has watched for so long, a page knows no rate. */
const WATCHED_MS = 1000;

export class RateMeter {
  #samples: { at: number; events: number }[] = [];

  /** Record the number of events as of a message. What the first one counts was received before
   *  this page was watching; after a pause, as of a hidden tab, the rate is that of the pause. */
  record(events: number, now: number): void {
    if (this.#samples.at(-1)?.events !== events) this.#samples.push({ at: now, events });
  }

  /** Measure the events a second over the last two seconds; 0 while that is unknown. */
  measure(now: number): number {
    while (this.#samples.length > 1 && now - this.#samples[1]!.at >= OVER_MS) this.#samples.shift();
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || now - first.at < WATCHED_MS) return 0;
    return ((last!.events - first.events) * 1000) / (now - first.at);
  }
}

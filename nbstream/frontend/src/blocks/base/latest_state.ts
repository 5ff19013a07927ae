// The base of the kinds whose state is replaced as a whole: notices, errors.
import type { Payload } from "../../protocol.ts";

export class LatestState {
  #state: Payload = {};

  apply(payload: Payload): void {
    this.#state = payload;
  }

  state(): Payload {
    return this.#state;
  }

  diff(state: Payload): Payload {
    return state;
  }
}

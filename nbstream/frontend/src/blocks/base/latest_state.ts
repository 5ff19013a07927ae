// The base of the kinds whose state is replaced as a whole: notices, errors.

export class LatestState<P> {
  #state: P;

  constructor(initial: P) {
    this.#state = initial;
  }

  apply(payload: P): void {
    this.#state = payload;
  }

  state(): P {
    return this.#state;
  }

  diff(state: P): P {
    return state;
  }
}

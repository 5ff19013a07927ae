// Loads a module that few pages need: the kernel sends its code when a page asks for it.

type Send = (message: { type: "module" }) => void;

/** A module of which the code arrives by a message.
 *
 *  @param load imports code; by default as anywidget does, from a blob. */
export class LazyModule<T> {
  readonly #load: (code: string) => Promise<T>;
  readonly #senders = new Set<Send>();
  #loaded: Promise<T> | null = null;
  #receive: ((code: string) => void) | null = null;

  constructor(load: (code: string) => Promise<T> = importCode) {
    this.#load = load;
  }

  /** Send requests by this panel too, until the signal. */
  connect(send: Send, signal: AbortSignal): void {
    this.#senders.add(send);
    signal.addEventListener("abort", () => this.#senders.delete(send));
    if (this.#receive !== null) send({ type: "module" }); // the one that was asked may be gone
  }

  /** Load it, once. */
  get(): Promise<T> {
    if (this.#loaded === null) {
      const code = new Promise<string>((resolve) => {
        this.#receive = resolve;
      });
      this.#loaded = code.then(this.#load);
      [...this.#senders].at(-1)?.({ type: "module" });
    }
    return this.#loaded;
  }

  /** Take a message of the kernel; returns false if it is not the code. */
  receive(message: { type: string; code?: string }): boolean {
    if (message.type !== "module") return false;
    this.#receive?.(message.code ?? "");
    this.#receive = null;
    return true;
  }
}

async function importCode<T>(code: string): Promise<T> {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return (await import(url)) as T;
  } finally {
    URL.revokeObjectURL(url);
  }
}

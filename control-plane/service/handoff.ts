/** Hands values from one side to another, one at a time: who gives waits until it is taken. */
export class Handoff<T> {
  #given: { readonly value: T; readonly taken: (wanted: boolean) => void } | undefined;
  #wake: () => void = () => undefined;
  #over: { readonly error?: unknown } | undefined;
  #closed = false;

  /** True once the value has been taken and more is wanted, false when nobody wants any. */
  give(value: T): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    return new Promise((taken) => {
      this.#given = { value, taken };
      this.#wake();
    });
  }

  /** Nothing more comes; with an error, because something failed. */
  end(over: { readonly error?: unknown } = {}): void {
    this.#over = over;
    this.#wake();
  }

  /** Takes until the end. Who stops taking tells the giver. */
  async *take(): AsyncGenerator<T> {
    try {
      for (;;) {
        const given = this.#given;
        if (given) {
          this.#given = undefined;
          yield given.value;
          given.taken(true);
        } else if (this.#over) {
          if ('error' in this.#over) throw this.#over.error;
          return;
        } else {
          await new Promise<void>((wake) => {
            this.#wake = wake;
          });
        }
      }
    } finally {
      this.#closed = true;
      this.#given?.taken(false);
    }
  }
}

import { ServiceError } from '../base/errors.ts';

interface Given<T> {
  readonly value: T;
  readonly taken: (wanted: boolean) => void;
}

/** Hands values from one side to another, one at a time: who gives waits until it is taken. */
export class Handoff<T> {
  readonly #patience: number;
  #given: Given<T> | undefined;
  #wake: () => void = () => undefined;
  #over: { readonly error?: unknown } | undefined;
  #closed = false;

  /** `patience`: milliseconds that a value waits to be taken and done with; then nothing more is given, and the taker is told. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** True once the value has been taken and more is wanted, false when nobody wants any. */
  give(value: T): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const taken = (wanted: boolean): void => {
        clearTimeout(timer);
        resolve(wanted);
      };
      const timer = setTimeout(() => {
        this.#closed = true;
        this.#over = { error: new ServiceError('statement_timeout', 'The reader is too slow') };
        taken(false);
      }, this.#patience);
      this.#given = { value, taken };
      this.#wake();
    });
  }

  /** Nothing more comes; with an error, because something failed. */
  end(over: { readonly error?: unknown } = {}): void {
    this.#over ??= over;
    this.#wake();
  }

  /** Takes until the end. Who stops taking, at whatever point, tells the giver. */
  async *take(): AsyncGenerator<T> {
    let current: Given<T> | undefined;
    try {
      for (;;) {
        current = this.#given;
        this.#given = undefined;
        if (current) {
          yield current.value;
          current.taken(true);
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
      current?.taken(false);
      this.#given?.taken(false);
    }
  }
}

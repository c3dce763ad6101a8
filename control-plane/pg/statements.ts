import { createHash } from 'node:crypto';
import { keep } from '../base/keep.ts';

/** What a connection must send before it can bind a statement. */
export interface Preparation {
  /** Prepared name; empty: unnamed, parse every time. */
  readonly name: string;
  readonly parse: boolean;
  /** Names to close first: evicted ones, and those whose fate an error left open. */
  readonly close: readonly string[];
}

/**
 * The prepared statements of one connection, least recently used first out. Closes travel at the head of a batch, before anything that
 * can fail, so what is forgotten here is gone there.
 */
export class PreparedStatements {
  readonly #names = new Set<string>();
  readonly #doubtful = new Set<string>();

  /** Marks the text as used and says what to send. Capacity 0: nothing gets a name. */
  prepare(text: string, capacity: number): Preparation {
    if (capacity === 0) return { name: '', parse: true, close: [] };
    const name = nameOf(text);
    // At the next chance, whatever is run: a statement that failed may never come again.
    const close = [...this.#doubtful];
    this.#doubtful.clear();
    if (this.#names.delete(name)) {
      this.#names.add(name);
      return { name, parse: false, close };
    }
    this.#names.add(name);
    for (const oldest of this.#names) {
      if (this.#names.size <= capacity) break;
      this.#names.delete(oldest);
      close.push(oldest);
    }
    return { name, parse: true, close };
  }

  /** A batch failed before the server said whether this name was parsed. */
  doubt(name: string): void {
    if (name === '' || !this.#names.delete(name)) return;
    this.#doubtful.add(name);
  }
}

const namesByText = new Map<string, string>();
/** Texts of some 3 KB. */
const namesKept = 1_000;
/** Characters; to hash more takes less time than what else is done with such a text. */
const longestKept = 16_384;

/** Name of a text: a hash of it, the same in every process. The hash costs more than a map look-up, and texts repeat: they depend on the shape of a request only. */
export function nameOf(text: string): string {
  const known = namesByText.get(text);
  if (known !== undefined) return known;
  const name = `r${createHash('sha256').update(text).digest('base64url').slice(0, 32)}`;
  if (text.length > longestKept) return name;
  keep(namesByText, text, name, namesKept);
  return name;
}

import type { Connection } from 'pg';
import type { Query } from '../base/sql.ts';
import type { PreparedStatements } from './statements.ts';
import { wireText } from './wire.ts';

/** A row as it came: text by position, null for NULL. */
export type WireRow = readonly (string | null)[];

/** The part of pg's connection that speaks the extended protocol; its types leave it out. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly (string | null)[] }): void;
  execute(message: object): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
}

/**
 * Several statements under one Sync: outside a block one implicit transaction, one flush, one round trip. Resolves with the rows of
 * the last statement. pg calls the handle… methods; it wants a class with `submit` and swallows what it doesn't know.
 *
 * No Describe is sent: callers know their columns by position.
 */
export class Batch {
  readonly done: Promise<readonly WireRow[]>;
  readonly #queries: readonly Query[];
  readonly #statements: PreparedStatements;
  readonly #capacity: number;
  #names: string[] = [];
  #parsed = 0;
  #completed = 0;
  readonly #rows: WireRow[] = [];
  #error: Error | undefined;
  #resolve: (rows: readonly WireRow[]) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  /** `capacity`: statements the connection keeps prepared. */
  constructor(queries: readonly Query[], statements: PreparedStatements, capacity: number) {
    this.#queries = queries;
    this.#statements = statements;
    this.#capacity = capacity;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Position of the statement that failed. */
  get failedAt(): number {
    return this.#completed;
  }

  /** How many of the statements the connection did not know. */
  get parsed(): number {
    return this.#parsed;
  }

  submit(connection: Connection): Error | null {
    const wire = connection as unknown as Wire;
    const bound = this.#queries.map(({ values }) => values.map(wireText));
    const prepared = this.#queries.map(({ text, unnamed }) =>
      this.#statements.prepare(text, unnamed ? 0 : this.#capacity),
    );
    this.#names = prepared.map(({ name }) => name);
    this.#parsed = prepared.filter(({ parse }) => parse).length;
    wire.stream.cork();
    try {
      for (const { close } of prepared) {
        for (const name of close) wire.close({ type: 'S', name });
      }
      this.#queries.forEach(({ text }, index) => {
        const { name = '', parse = true } = prepared[index] ?? {};
        if (parse) wire.parse({ name, text });
        wire.bind({ statement: name, values: bound[index] ?? [] });
        wire.execute({});
      });
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    return null;
  }

  handleDataRow(message: { fields: WireRow }): void {
    if (this.#completed === this.#queries.length - 1) this.#rows.push(message.fields);
  }

  handleCommandComplete(): void {
    this.#completed++;
  }

  handleEmptyQuery(): void {
    this.#completed++;
  }

  /** pg forgets the query at its first error, so the promise ends here; the connection takes new work after ReadyForQuery. */
  handleError(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    for (const name of this.#names.slice(this.#completed)) this.#statements.doubt(name);
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    if (!this.#error) this.#resolve(this.#rows);
  }

  handleRowDescription(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail('no data');
  }

  handleCopyData(): void {}
}

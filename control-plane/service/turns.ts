import type { Pool } from '../pg/pool.ts';
import { toServiceError } from '../pg/sqlstate.ts';

/** An allowance: `most` in any `seconds`, or a bucket of `most` that is refilled at so many a second. */
export type Allowance = { readonly key: string; readonly most: number } & (
  | { readonly seconds: number }
  | { readonly refill: number }
);

/** How the tightest of some allowances stands after a request. */
export interface Turn {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until there is more. */
  readonly reset: number;
}

/** Takes one turn off each allowance, or off none where one is used up. */
export type TakeTurn = (allowances: readonly Allowance[]) => Promise<Turn>;

/** Turns counted in Postgres: one count for all processes on the database. */
export function createTurns(data: Pool): TakeTurn {
  return async (allowances) => {
    try {
      const { rows } = await data.borrow((client) =>
        client.query<{ turn: Turn }>('select rowhouse.take_turn($1) as turn', [
          JSON.stringify(allowances),
        ]),
      );
      const [row] = rows;
      if (!row) throw new TypeError('take_turn answers with one row');
      return row.turn;
    } catch (error) {
      throw toServiceError(error);
    }
  };
}

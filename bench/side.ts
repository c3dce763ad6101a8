import pg from 'pg';
import type { Bench } from './environment.ts';
import { alternate, median, type Outcome, timed } from './measure.ts';
import type { Planned } from './same-sql.ts';

/** A statement and where it runs. */
export interface Side {
  readonly client: pg.Client;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Statements side by side; the first is what the others are compared with. */
export async function race(
  bench: Bench,
  sides: Readonly<Record<string, Side>>,
): Promise<readonly Outcome[]> {
  const budget = bench.quick ? 60 : 300;
  return alternate(
    Object.entries(sides).map(([name, side]) => ({ name, round: () => repeat(side, budget) })),
    bench.quick ? 3 : 5,
  );
}

/** Median time of a statement, sent as often as the budget of milliseconds allows, five times at least. */
async function repeat({ client, text, values }: Side, budget: number): Promise<number> {
  const taken: number[] = [];
  const end = performance.now() + budget;
  const query = { name: nameOf(text), text, values: [...values], rowMode: 'array' as const };
  while (taken.length < 5 || performance.now() < end) {
    taken.push(await timed(() => client.query(query)));
  }
  return median(taken);
}

const names = new Map<string, string>();

function nameOf(text: string): string {
  const name = names.get(text) ?? `s${names.size}`;
  names.set(text, name);
  return name;
}

/** Opens a transaction as the caller. */
export async function enter(client: pg.Client, { entry }: Planned): Promise<void> {
  const values = [entry.tenant, entry.version, entry.claims, entry.show, entry.intent];
  await client.query('begin');
  await client.query('select rowhouse.enter($1, $2, $3, $4, $5)', values);
}

/** A connection that the caller ends. */
export async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** Every filter of the corpus that Data Svc can say: the rows that the oracle names, for every principal. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import {
  type CorpusPrincipal,
  columnsOf,
  expectedIds,
  predicates,
  principals,
  seedCorpus,
  short,
  tables,
} from '../../support/corpus.ts';
import { createDatabase } from '../../support/database.ts';
import { inParallel } from '../../support/parallel.ts';
import { principal } from '../../support/principal.ts';
import { type Filter, spell } from '../../support/spell-data-svc.ts';
import { Unspeakable } from '../../support/unspeakable.ts';
import type { Value } from '../../support/values.ts';

const [table] = tables;
if (table === undefined) throw new Error('the corpus lost its tables');
const columns = columnsOf(table);
const { name } = table;

let app: TestApp;
let tenant: string;

beforeAll(async () => {
  app = await startApp(await createDatabase());
  tenant = await app.createTenant('corpus');
  await seedCorpus(app, tenant);
});

interface Case {
  readonly where: Value;
  readonly filters: readonly Filter[];
  readonly faulty: boolean;
}

const cases = predicates.flatMap((predicate): readonly Case[] => {
  try {
    const filters = spell(predicate.where, columns);
    return [{ where: predicate.where, filters, faulty: 'error' in predicate }];
  } catch (error) {
    if (!(error instanceof Unspeakable)) throw error;
    return [];
  }
});
const said = Map.groupBy(
  cases.filter(({ faulty }) => !faulty),
  ({ filters: [first] }) => first?.op ?? 'everything',
);

function person(of: CorpusPrincipal) {
  return principal(tenant, of.sub, of);
}

function expected(where: Value, of: CorpusPrincipal): readonly string[] {
  return expectedIds(where, person(of), columns);
}

async function found(filters: readonly Filter[], of: CorpusPrincipal): Promise<string> {
  const query = { filters, limit: 1000, count: true };
  const reply = await app.request('POST', '/data-svc/objects', {
    as: person(of),
    body: { table: name, query },
  });
  if (reply.status !== 200) return `${reply.status} ${reply.text.slice(0, 200)}`;
  const { objects, count } = reply.body as { objects: { id: string }[]; count: number };
  expect(count).toBe(objects.length);
  return short(objects.map(({ id }) => id).sort());
}

describe('queries are what the oracle says', () => {
  it.each([...said.keys()])('%s', async (word) => {
    const wrong: string[] = [];
    await inParallel(said.get(word) ?? [], async ({ where, filters }, at) => {
      for (const of of [principals[1], principals[at % principals.length]]) {
        if (of === undefined) continue;
        const want = short(expected(where, of));
        const got = await found(filters, of);
        if (got === want) continue;
        wrong.push(`${of.name} ${JSON.stringify(filters)}\n  want ${want}\n  got  ${got}`);
      }
    });
    expect(wrong.slice(0, 30).join('\n'), `${wrong.length} wrong`).toBe('');
  });

  it('no fault of a filter is one of the server', async () => {
    await inParallel(
      cases.filter(({ faulty }) => faulty),
      async ({ filters }) => {
        expect(await found(filters, principals[1] as CorpusPrincipal)).toMatch(/^(400 |[\d ]*$)/);
      },
    );
  });

  it('enough of the corpus can be said', () => {
    expect(cases.filter(({ faulty }) => !faulty).length).toBeGreaterThan(300);
  });
});

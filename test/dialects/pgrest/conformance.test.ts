/** Every filter of the corpus that PgREST can say, as search parameters and as a stanza: the rows that the oracle names. */
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
import { asParameters, asStanza, type Condition, spell } from '../../support/spell-pgrest.ts';
import { Unspeakable } from '../../support/unspeakable.ts';
import type { Value } from '../../support/values.ts';

const [table] = tables;
if (table === undefined) throw new Error('the corpus lost its tables');
const columns = columnsOf(table);
const { name } = table;

let app: TestApp;
let tenant: string;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('corpus');
  await seedCorpus(app, tenant);
});

interface Case {
  readonly where: Value;
  readonly conditions: readonly Condition[];
  readonly faulty: boolean;
}

const unsaid = new Map<string, number>();
const cases: Case[] = [];
for (const predicate of predicates) {
  const faulty = 'error' in predicate;
  try {
    const conditions = spell(predicate.where, columns);
    cases.push({ where: predicate.where, conditions, faulty });
  } catch (error) {
    if (!(error instanceof Unspeakable)) throw error;
    if (!faulty) unsaid.set(error.message, (unsaid.get(error.message) ?? 0) + 1);
  }
}
const said = Map.groupBy(
  cases.filter(({ faulty }) => !faulty),
  ({ conditions: [first] }) => first?.word ?? 'everything',
);

function person(of: CorpusPrincipal) {
  return principal(tenant, of.sub, { ...of, roles: [...(of.roles ?? []), 'PGREST_READ'] });
}

function expected(where: Value, of: CorpusPrincipal): readonly string[] {
  return expectedIds(where, person(of), columns);
}

async function found(query: string, of: CorpusPrincipal): Promise<string> {
  const reply = await app.request('GET', `/v3/pgrest/data/${name}?${query}`, { as: person(of) });
  if (reply.status !== 200) return `${reply.status} ${reply.text.slice(0, 200)}`;
  const { result } = reply.body as { result: { id: string; _pkid: string }[] };
  return short(result.map(({ id, _pkid }) => (id === _pkid ? id : '')).sort());
}

describe('lists are what the oracle says', () => {
  it.each([...said.keys()])('%s', async (word) => {
    const wrong: string[] = [];
    await inParallel(said.get(word) ?? [], async ({ where, conditions }, at) => {
      // All rows, and the rows of one other principal in turn: by parameters, by a stanza, and by both at once.
      const parameters = asParameters(conditions);
      const stanza = `where=${encodeURIComponent(asStanza(conditions, at))}`;
      const forms = parameters === undefined ? [stanza] : [stanza, parameters];
      for (const of of [principals[1], principals[at % principals.length]]) {
        if (of === undefined) continue;
        const want = short(expected(where, of));
        for (const query of of === principals[1] ? forms : [forms.join('&')]) {
          const got = await found(query, of);
          if (got === want) continue;
          wrong.push(`${of.name} ${decodeURIComponent(query)}\n  want ${want}\n  got  ${got}`);
        }
      }
    });
    expect(wrong.slice(0, 30).join('\n'), `${wrong.length} wrong`).toBe('');
  });

  it('no fault of a filter is one of the server', async () => {
    await inParallel(
      cases.filter(({ faulty }) => faulty),
      async ({ conditions }, at) => {
        // What is wrong elsewhere may be right here, where text is cast; a reply of 500 fails by itself.
        const stanza = `where=${encodeURIComponent(asStanza(conditions, at))}`;
        const of = principals[1] as CorpusPrincipal;
        expect(await found(stanza, of)).toMatch(/^(400 |[\d ]*$)/);
      },
    );
  });

  it('no column is NULL and none of nothing', async () => {
    const sudo = principals[1] as CorpusPrincipal;
    const none = encodeURIComponent('{"label":{"operator":"not in","value":[]}}');
    const want = short(expected({ label: { $null: false } }, sudo));
    expect(await found(`where=${none}`, sudo)).toBe(want);
  });

  it('what cannot be said is known, with the reason', () => {
    expect(Object.fromEntries(unsaid)).toEqual({
      'a column of the service': 3,
      'a path in a document': 886,
      alternatives: 89,
      'no operator $all': 66,
      'no operator $any': 81,
      'no operator $contains': 90,
      'no operator $find': 20,
      'no operator $ilike': 20,
      'no operator $nall': 66,
      'no operator $nany': 66,
      'no operator $nilike': 20,
      'no operator $nregex': 13,
      'no operator $regex': 13,
      'no operator $search': 57,
      'no operator $size': 80,
      'no operator $text': 20,
      'no rows, whatever they are': 2,
      'none of nothing': 14,
      'null in a list': 36,
      'text search': 78,
    });
    expect(cases.length).toBeGreaterThan(700);
  });
});

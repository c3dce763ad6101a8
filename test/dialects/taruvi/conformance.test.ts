/** Every filter of the corpus that Taruvi can say, as a tree of either form and as parameters: the rows that the oracle names. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import {
  type CorpusPrincipal,
  columnsOf,
  expectedIds,
  oracleRow,
  predicates,
  principals,
  rows,
  seedCorpus,
  short,
  tables,
} from '../../support/corpus.ts';
import { createDatabase } from '../../support/database.ts';
import { isLeaf, type Leaf, type Tree, truthOf } from '../../support/oracle-taruvi.ts';
import { inParallel } from '../../support/parallel.ts';
import { principal } from '../../support/principal.ts';
import { asParameters, asTree, spell } from '../../support/spell-taruvi.ts';
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
  readonly tree: Tree;
  readonly faulty: boolean;
}

const unsaid = new Map<string, number>();
const cases: Case[] = [];
for (const predicate of predicates) {
  const faulty = 'error' in predicate;
  try {
    cases.push({ where: predicate.where, tree: spell(predicate.where, columns), faulty });
  } catch (error) {
    if (!(error instanceof Unspeakable)) throw error;
    if (!faulty) unsaid.set(error.message, (unsaid.get(error.message) ?? 0) + 1);
  }
}
const said = Map.groupBy(
  cases.filter(({ faulty }) => !faulty),
  ({ tree }) => (isLeaf(tree) ? tree.op : (Object.keys(tree)[0] ?? '')),
);

function person(of: CorpusPrincipal) {
  return principal(tenant, of.sub, of);
}

function expected(where: Value, of: CorpusPrincipal): readonly string[] {
  return expectedIds(where, person(of), columns);
}

async function found(query: string, of: CorpusPrincipal): Promise<string> {
  const path = `/api/apps/default/datatables/${name}/data/?page_size=1000&${query}`;
  const reply = await app.request('GET', path, { as: person(of) });
  if (reply.status !== 200) return `${reply.status} ${reply.text.slice(0, 200)}`;
  const { data, total } = reply.body as { data: { id: string }[]; total: number };
  expect(total).toBe(data.length);
  return short(data.map(({ id }) => id).sort());
}

/** The leaves of what may be written as parameters: a conjunction outside of documents. */
function leavesOf(tree: Tree): readonly Leaf[] | undefined {
  const parts = 'and' in tree ? tree.and : [tree];
  const plain = parts.every((part): part is Leaf => isLeaf(part) && !/^doc(\.|$)/.test(part.field));
  return plain ? parts : undefined;
}

describe('lists are what the oracle says', () => {
  it.each([...said.keys()])('%s', async (word) => {
    const wrong: string[] = [];
    await inParallel(said.get(word) ?? [], async ({ where, tree }, at) => {
      // All rows, and the rows of one other principal in turn: as a tree, as parameters, and by both at once.
      const leaves = leavesOf(tree);
      const parameters = leaves && asParameters(leaves, at);
      const forms = [asTree(tree, at), ...(parameters === undefined ? [] : [parameters])];
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

  it('and what the oracle of this dialect says', () => {
    const sudo = principals[1] as CorpusPrincipal;
    for (const { where, tree } of cases.filter(({ faulty }) => !faulty)) {
      const mine = rows
        .filter((row) => truthOf(tree, oracleRow(row), columns) === true)
        .map(({ id }) => id)
        .sort();
      expect(short(mine), JSON.stringify(where)).toBe(short(expected(where, sudo)));
    }
  });

  it('no fault of a filter is one of the server', async () => {
    await inParallel(
      cases.filter(({ faulty }) => faulty),
      async ({ tree }, at) => {
        // What is wrong elsewhere may be right here, where text is cast; a reply of 500 fails by itself.
        const of = principals[1] as CorpusPrincipal;
        expect(await found(asTree(tree, at), of)).toMatch(/^(400 |[\d ]*$)/);
      },
    );
  });

  it('what cannot be said is known, with the reason', () => {
    expect(Object.fromEntries(unsaid)).toEqual({
      'a difference in a document': 90,
      'a nested path': 4,
      'a search of several fields': 78,
      'an empty list': 114,
      'an empty list of conditions': 3,
      'no condition at all': 21,
      'no operator $contains': 28,
      'no operator $nregex': 22,
      'no operator $regex': 22,
      'no operator $search': 57,
      'no operator $size': 125,
      'none of a list of nothing but null': 4,
      'text compared in a document': 207,
    });
    expect(cases.length).toBeGreaterThan(1_000);
  });
});

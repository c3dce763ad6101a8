/** Random filters of the Taruvi dialect over the hostile rows, in every form they may be written in: the rows that its oracle names. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { columnsOf, oracleRow, rows, seedCorpus, tables } from '../support/corpus.ts';
import { createDatabase } from '../support/database.ts';
import type { OracleColumn } from '../support/oracle-filter.ts';
import { type Leaf, type Tree, truthOf } from '../support/oracle-taruvi.ts';
import { principal } from '../support/principal.ts';
import { bounded } from '../support/seeded.ts';
import { asParameters, asTree } from '../support/spell-taruvi.ts';
import type { Value } from '../support/values.ts';

const [table] = tables;
if (table === undefined) throw new Error('the corpus lost its table');
const columns = columnsOf(table);
const filterable = columns.filter(({ name }) => !name.endsWith('_at') && name !== 'doc');

/** Values of a column that some row holds: comparisons then hit their borders. */
function pool(column: OracleColumn): fc.Arbitrary<Value> {
  const held = rows.map((row) => oracleRow(row)[column.name] ?? null);
  const values = held.filter((each) => each !== null);
  const members = column.array ? values.flatMap((each) => each as readonly Value[]) : values;
  return fc.constantFrom(...new Set(members));
}

/** A condition without its field. */
type Test = Omit<Leaf, 'field'>;

function test(ops: readonly string[], value: fc.Arbitrary<Value>): fc.Arbitrary<Test> {
  return fc.record({ op: fc.constantFrom(...ops), value });
}

const nullness = test(['null', 'nnull', 'isnull'], fc.boolean());
const pattern = fc
  .array(fc.constantFrom('a', 'B', '%', '_', '\\%', '\\_', '\\\\', "'", 'é', '😀', ' '), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''));
const literal = fc.string({
  unit: fc.constantFrom('a', 'b', 'C', '%', '_', '\\', "'", 'É', '$', ',', '[', '"'),
  maxLength: 3,
});
const parts = ['contains', 'icontains', 'containss', 'startswith', 'istartswith', 'startswiths'];
const ends = ['endswith', 'iendswith', 'endswiths'];
const substrings = [...parts, ...ends].flatMap((op) => [op, `n${op}`]);

function ofText(value: fc.Arbitrary<Value>): readonly fc.Arbitrary<Test>[] {
  return [
    test(['like', 'ilike'], pattern),
    test(substrings, literal),
    test(substrings, value),
    test(['ina', 'nina'], fc.array(value, { maxLength: 3 })),
  ];
}

const arrayOps = ['acontains', 'acontainedby', 'aoverlap'].flatMap((op) => [op, `n${op}`]);

function onColumn(column: OracleColumn): fc.Arbitrary<Leaf> {
  const value = pool(column);
  const list = fc.array(value, { maxLength: 4 });
  const kinds = column.array
    ? [
        nullness,
        test(arrayOps, list),
        test(['aelement', 'naelement'], value),
        test(['eq', 'ne'], list),
      ]
    : [
        nullness,
        test(['eq', 'ne'], fc.option(value)),
        test(['gt', 'gte', 'lt', 'lte'], value),
        test(['in', 'nin'], fc.array(fc.option(value, { freq: 8 }), { maxLength: 4 })),
        test(['between', 'nbetween'], fc.tuple(value, value)),
        ...(column.type === 'text' ? ofText(value) : []),
      ];
  return fc.oneof(...kinds).map((each) => ({ field: column.name, ...each }));
}

const paths = ['doc.a', 'doc.a.b', 'doc.tags', 'doc.name', 'doc.a.0', 'doc.nothing'];
const scalars: fc.Arbitrary<Value> = fc.constantFrom<Value[]>(
  ...[1, -1, 10, 1.5, true, false, 'true', '1', 'abc', 'ABC', '', 'null', "O'Brien", 'x', 'y'],
);
const json: fc.Arbitrary<Value> = fc.oneof(
  scalars,
  fc.constantFrom<Value[]>([], [1, 2, 2], ['1', '2'], { b: 1 }, {}, ['x', 'y']),
);
const jsonText = scalars.map(String);

/** A place inside documents: by typed values, or by text that is cast. */
const onPath: fc.Arbitrary<Leaf> = fc
  .tuple(fc.constantFrom(...paths), fc.boolean())
  .chain(([field, flat]) => {
    const value: fc.Arbitrary<Value> = flat ? jsonText : json;
    const scalar: fc.Arbitrary<Value> = flat ? jsonText : scalars;
    const list = fc.array(value, { minLength: flat ? 1 : 0, maxLength: 3 });
    const kinds = [
      nullness,
      test(['eq', 'ne'], flat ? value : fc.option(value)),
      test(['gt', 'gte', 'lt', 'lte'], scalar),
      test(['between', 'nbetween'], fc.tuple(scalar, scalar)),
      test(['in', 'nin'], list),
      test(arrayOps, list),
      test(['aelement', 'naelement'], value),
      test(['like', 'ilike'], pattern),
      test(substrings, literal),
    ];
    return fc.oneof(...kinds).map((each) => ({ field, ...each, ...(flat ? { flat } : {}) }));
  });

const onAny = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...filterable).chain(onColumn) },
  { weight: 2, arbitrary: onPath },
);
const typed = onAny.filter(({ flat }) => flat !== true);
/** In a parameter whatever is said of a document is text. */
const asText = onAny.filter(({ field, flat }) => flat === true || !field.startsWith('doc.'));

const { tree } = fc.letrec<{ tree: Tree }>((tie) => {
  const some = fc.array(tie('tree'), { minLength: 1, maxLength: 3 });
  return {
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { weight: 4, arbitrary: typed },
      { weight: 2, arbitrary: some.map((and) => ({ and })) },
      { weight: 2, arbitrary: some.map((or) => ({ or })) },
      { weight: 2, arbitrary: tie('tree').map((not) => ({ not })) },
    ),
  };
});

let app: TestApp;
let tenant: string;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('filters');
  await seedCorpus(app, tenant);
});

/** Rows for which a tree is true. */
function expected(of: Tree): readonly string[] {
  return rows
    .filter((row) => truthOf(of, oracleRow(row), columns) === true)
    .map(({ id }) => id)
    .sort();
}

async function send(query: string) {
  const all = principal(tenant, 'all-seeing', { access: 'root', sudo: true });
  const path = `/api/apps/default/datatables/order/data/?page_size=1000&${query}`;
  return await app.request('GET', path, { as: all });
}

async function check(query: string, of: Tree): Promise<void> {
  const reply = await send(query);
  expect(reply.status, `${decodeURIComponent(query)}\n${reply.text.slice(0, 500)}`).toBe(200);
  const got = (reply.body as { data: { id: string }[] }).data.map(({ id }) => id).sort();
  expect(got, decodeURIComponent(query)).toEqual(expected(of));
}

it('random trees', async () => {
  await fc.assert(
    fc.asyncProperty(tree, fc.nat(11), async (of, turn) => check(asTree(of, turn), of)),
    bounded(1500, 25),
  );
}, 60_000);

it('random parameters, and a tree beside them', async () => {
  const property = fc.asyncProperty(
    fc.array(asText, { minLength: 1, maxLength: 3 }),
    fc.option(tree),
    fc.nat(3),
    async (leaves, beside, turn) => {
      const parameters = asParameters(leaves, turn);
      fc.pre(parameters !== undefined);
      if (beside === null) await check(parameters, { and: leaves });
      else await check(`${parameters}&${asTree(beside, turn)}`, { and: [...leaves, beside] });
    },
  );
  await fc.assert(property, bounded(1000, 25));
}, 60_000);

it('whatever is sent is answered, or refused as the fault of the sender', async () => {
  const fields = [
    ...columns.map(({ name }) => name),
    ...paths,
    'nothing',
    'doc',
    '_acl',
    'tableoid',
  ];
  const words = [
    'eq',
    'in',
    'gt',
    'between',
    'like',
    'null',
    'search',
    'acontains',
    'rcontains',
    '',
  ];
  const hostile: fc.Arbitrary<Value> = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom<Value[]>(
      null,
      true,
      1e300,
      -0,
      '\0',
      '1e999999',
      'infinity',
      'now',
      '{',
      '[',
      '[1',
      '\\',
    ),
    fc.constantFrom<Value[]>(
      [],
      [[]],
      {},
      [null],
      { a: [{ b: '\u0000' }] },
      '9'.repeat(400),
      '1,2',
      ',',
    ),
  );
  const key = fc
    .tuple(fc.constantFrom(...fields), fc.constantFrom('__', '_', '.'), fc.constantFrom(...words))
    .map((all) => all.join(''));
  const form = fc.oneof(
    fc.tuple(key, hostile).map(([name, value]) => ({ [name]: value })),
    fc.record({
      field: hostile,
      operator: fc.constantFrom<Value[]>(...words, null, 1),
      value: hostile,
    }),
    fc.record({ operator: fc.constantFrom('and', 'or', 'not', 'nor'), value: hostile }),
    hostile,
  );
  const query = fc.oneof(
    form.map((each) => `filters=${encodeURIComponent(JSON.stringify(each).toWellFormed())}`),
    fc
      .tuple(key, hostile)
      .map(
        ([name, value]) =>
          `${encodeURIComponent(name)}=${encodeURIComponent(String(value).toWellFormed())}`,
      ),
    fc
      .tuple(fc.constantFrom('search', 'ordering', '_sort', 'filters'), hostile)
      .map(([name, value]) => `${name}=${encodeURIComponent(String(value).toWellFormed())}`),
  );
  const property = fc.asyncProperty(query, async (text) => {
    // A reply of 500 fails by itself.
    const reply = await send(text);
    expect([200, 400], `${text}\n${reply.text.slice(0, 300)}`).toContain(reply.status);
    expect(reply.text).not.toMatch(/t_x[0-9a-f]{6}_|select |operator\(/);
  });
  await fc.assert(property, bounded(1500, 15));
}, 60_000);

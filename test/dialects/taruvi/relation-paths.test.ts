/** Conditions and orders along relations, for callers who see different rows at each end: a naive walk over the rows says what is right. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { type CorpusPrincipal, principals, rows, seedCorpus } from '../../support/corpus.ts';
import { createDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { createLogins, type Logins } from '../../support/logins.ts';
import { monk } from '../../support/monk.ts';
import { holds } from '../../support/oracle.ts';
import { principal, whoOf } from '../../support/principal.ts';
import { taruvi } from '../../support/taruvi.ts';
import { column, table } from './tables.ts';

interface Line {
  readonly id: string;
  readonly order: number;
  readonly note: string | null;
  readonly access: { readonly [key: string]: readonly string[] };
}

const notes = ['red', 'red fox', 'fox', null, '', '50% off_', 'Red'];
const lists: readonly Line['access'][] = [
  {},
  { access_read: ['ann'] },
  { access_deny: ['ann'] },
  { access_read: ['bob'], access_edit: ['cat'] },
];

/** Up to four lines for an order, none for every fifth. */
const lines: readonly Line[] = rows.flatMap((_, order) =>
  Array.from({ length: order % 5 }, (__, at) => ({
    id: `00000000-0000-7000-9000-${String(order * 10 + at).padStart(12, '0')}`,
    order,
    note: notes[(order + at * 3) % notes.length] ?? null,
    access: lists[(order * 7 + at) % lists.length] ?? {},
  })),
);

let app: TestApp;
let tenant: string;
let logins: Logins;
const people = principals.filter(({ sudo }) => sudo !== true);

function person(of: CorpusPrincipal) {
  return principal(tenant, of.sub, of);
}

function sees(of: CorpusPrincipal, access: Line['access']): boolean {
  const list = (key: string) => access[`access_${key}`] ?? [];
  const own = { read: list('read'), edit: list('edit'), full: list('full'), deny: list('deny') };
  return holds(whoOf(person(of)), own, 'read');
}

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('paths');
  await seedCorpus(app, tenant);
  const root = monk(app, principal(tenant, 'maker', { access: 'root', sudo: true }));
  await root.create(
    'line',
    lines.map(({ id, order, note, access }) => ({
      id,
      order_id: rows[order]?.id,
      note,
      ...access,
    })),
  );
  logins = await createLogins(
    database,
    people.map((each) => [each.name, person(each)]),
  );
}, 120_000);

async function ids(of: CorpusPrincipal, from: string, query: string): Promise<readonly string[]> {
  const list = await taruvi(app, person(of)).call(
    'GET',
    `/default/datatables/${from}/data/?page_size=1000&${query}`,
  );
  const found = (list.data as { id: string }[]).map(({ id }) => id);
  expect(list.total).toBe(found.length);
  return found;
}

type Test = (note: string | null) => boolean | null;

const is =
  (value: string): Test =>
  (note) =>
    note === null ? null : note === value;
const has =
  (part: string): Test =>
  (note) =>
    note === null ? null : note.toLowerCase().includes(part);

/** Orders that the caller sees, some visible line of which passes. */
function ordersWith(of: CorpusPrincipal, test: Test, some = true): readonly string[] {
  return rows
    .filter((row, at) => {
      const passing = lines.filter(
        (line) => line.order === at && sees(of, line.access) && test(line.note) === true,
      );
      return sees(of, row.access) && passing.length > 0 === some;
    })
    .map(({ id }) => id)
    .sort();
}

const tree = (json: unknown): string => `filters=${encodeURIComponent(JSON.stringify(json))}`;

describe('reverse: some row that the caller sees', () => {
  const cases: readonly (readonly [string, Test])[] = [
    ['line.note=red', is('red')],
    ['line.note__ne=red', (note) => (note === null ? null : note !== 'red')],
    ['line.note__null=true', (note) => note === null],
    ['line.note__contains=%25', has('%')],
    ['line.note__in=red,fox', (note) => note === 'red' || note === 'fox'],
    ['line.note__in=', () => false],
    [
      'line.note__contains=red&line.note__contains=fox',
      (note) => has('red')(note) && has('fox')(note),
    ],
  ];

  it.each(cases)('%s', async (query, test) => {
    for (const of of principals) {
      expect((await ids(of, 'order', query)).toSorted(), of.name).toEqual(ordersWith(of, test));
    }
  });

  it('none such, under a negation', async () => {
    for (const of of principals) {
      const none = tree({ not: { 'line.note': 'red' } });
      expect((await ids(of, 'order', none)).toSorted(), of.name).toEqual(
        ordersWith(of, is('red'), false),
      );
    }
  });

  it('in two conjunctions, of two rows', async () => {
    const apart = tree({ 'line.note__contains': 'red', and: [{ 'line.note__contains': 'fox' }] });
    for (const of of principals) {
      const fox = ordersWith(of, has('fox'));
      const both = ordersWith(of, has('red')).filter((id) => fox.includes(id));
      expect((await ids(of, 'order', apart)).toSorted(), of.name).toEqual(both);
    }
    const sudo = principals[1] as CorpusPrincipal;
    const one = ordersWith(sudo, (note) => has('red')(note) && has('fox')(note));
    expect(one.length).toBeLessThan((await ids(sudo, 'order', apart)).length);
  });
});

describe('forward', () => {
  /** Lines that the caller sees, with the order it sees. */
  const ofCaller = (of: CorpusPrincipal) =>
    lines
      .filter(({ access }) => sees(of, access))
      .map((line) => {
        const order = rows[line.order];
        return { line, order: order && sees(of, order.access) ? order : undefined };
      });

  it('an order that is hidden has nothing', async () => {
    for (const of of principals) {
      const want = ofCaller(of).filter(({ order }) => order?.values['group'] === true);
      const found = await ids(of, 'line', 'order_id.group=true');
      expect(found.toSorted(), of.name).toEqual(want.map(({ line }) => line.id).sort());
      expect(await ids(of, 'line', 'order.group__eq=true&ordering=id')).toEqual(found.toSorted());
    }
  });

  it('two hops and back', async () => {
    for (const of of principals) {
      const want = ofCaller(of).filter(
        ({ order }) => order && ordersWith(of, is('red')).includes(order.id),
      );
      const found = await ids(of, 'line', 'order.line.note=red');
      expect(found.toSorted(), of.name).toEqual(want.map(({ line }) => line.id).sort());
    }
  });

  it('an order along it: NULL last, first when descending, the key at the end', async () => {
    for (const of of principals) {
      const terms = ofCaller(of).map(({ line, order }) => ({
        id: line.id,
        label: (order?.values['label'] ?? null) as string | null,
      }));
      const sorted = (sign: number): readonly string[] =>
        terms
          .toSorted(
            (one, two) => sign * byLabel(one.label, two.label) || (one.id < two.id ? -1 : 1),
          )
          .map(({ id }) => id);
      expect(await ids(of, 'line', 'ordering=order_id.label'), of.name).toEqual(sorted(1));
      expect(await ids(of, 'line', 'ordering=-order.label'), of.name).toEqual(sorted(-1));
    }
  });
});

/** By the bytes of UTF-8, NULL above all. */
function byLabel(one: string | null, two: string | null): number {
  if (one === null || two === null) return Number(one === null) - Number(two === null);
  return Buffer.compare(Buffer.from(one), Buffer.from(two));
}

describe('plain SQL of a login role', () => {
  it.each(people.map((each) => [each.name, each] as const))('%s', async (label, of) => {
    const exists = `exists (select from "t_${tenant}".line as l where l.order_id = o.id and l.note = 'red')`;
    const { rows: found } = await logins
      .client(label)
      .query<{ id: string }>(`select id from "t_${tenant}"."order" as o where ${exists}`);
    const inSql = found.map(({ id }) => id).sort();
    expect(inSql).toEqual(ordersWith(of, is('red')));
    expect((await ids(of, 'order', 'line.note=red')).toSorted()).toEqual(inSql);
  });
});

describe('many to many, and two foreign keys from one table', () => {
  it('are told apart by name', async () => {
    const to = (name: string, target: string) => ({
      name,
      columns: [name.replace(/^\w+?_/, '')],
      target: { app: 'default', name: target },
      targetColumns: ['id'],
      onDelete: 'no action' as const,
      onUpdate: 'no action' as const,
    });
    const other = await createDatabase();
    const own = await startApp(other);
    const slug = other.slug('many');
    await createTenantWith(other, slug, [
      table('posts', [column('title', 'text')]),
      table('words', [column('word', 'text')]),
      table('taggings', [column('post_id', 'integer'), column('word_id', 'integer')], {
        references: [to('tg_post_id', 'posts'), to('tg_word_id', 'words')],
      }),
      table(
        'links',
        [column('from_id', 'integer'), column('to_id', 'integer'), column('kind', 'text')],
        {
          references: [to('ln_from_id', 'posts'), to('ln_to_id', 'posts')],
        },
      ),
    ]);
    const root = taruvi(own, principal(slug, 'root', { access: 'root' }));
    const at = (name: string, query = '') => `/default/datatables/${name}/data/${query}`;
    const make = (name: string, sent: readonly object[]) => root.call('POST', at(name), sent, 201);
    await make('posts', [{ title: 'a' }, { title: 'b' }, { title: 'c' }]);
    await make('words', [{ word: 'x' }, { word: 'y' }]);
    const pairs = [
      [1, 1],
      [1, 2],
      [2, 2],
    ] as const;
    await make(
      'taggings',
      pairs.map(([post_id, word_id]) => ({ post_id, word_id })),
    );
    await make('links', [
      { from_id: 1, to_id: 3, kind: 'k' },
      { from_id: 3, to_id: 2, kind: 'l' },
    ]);
    const titles = async (query: string) =>
      (await root.rows(at('posts', `?ordering=id&${query}`))).map(({ title }) => title).join('');
    expect(await titles('words.word=y')).toBe('ab');
    expect(await titles('words.word=x')).toBe('a');
    expect(await titles('words.word__in=x,y')).toBe('ab');
    expect(await titles('taggings.word_id.word=y')).toBe('ab');
    expect(await titles(tree({ not: { 'words.word': 'x' } }))).toBe('bc');
    expect(await titles('links!from_id.kind=k')).toBe('a');
    expect(await titles('links!to_id.kind=k')).toBe('c');
    expect(await titles('links!from_id.to_id.title=b')).toBe('c');
    await root.refused(400, 'BAD_REQUEST', 'GET', at('posts', '?links.kind=k'));
    await root.refused(400, 'BAD_REQUEST', 'GET', at('posts', '?ordering=words.word'));
    await root.refused(400, 'BAD_REQUEST', 'GET', at('posts', '?words.nothing=1'));
  });
});

/** Rows with their related rows: random rows, lists and trees of relations against the oracle, and what must not show. */
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { createSession } from '../../control-plane/pg/session.ts';
import { createExecutor } from '../../control-plane/service/execute.ts';
import type { OutputItem, Related } from '../../control-plane/statement/output.ts';
import type { Hop } from '../../control-plane/statement/predicate.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import type { Lists } from '../support/oracle.ts';
import {
  type House,
  type StoredRow,
  shown,
  visible,
  type Wanted,
} from '../support/oracle-populate.ts';
import { principal, whoOf } from '../support/principal.ts';
import { bounded, someOf } from '../support/seeded.ts';
import {
  failure,
  type Harness,
  insert,
  openHarness,
  output,
  type Row,
  read,
  table,
} from './plan-harness.ts';

const uuid = { base: 'uuid' } as const;
const text = { base: 'text' } as const;

function to(owner: string, column: string, target: string): object {
  return {
    name: `${owner}_${column}_fkey`,
    columns: [column],
    target: { app: 'default', name: target },
    targetColumns: ['id'],
  };
}

const tables = [
  {
    name: 'people',
    columns: [
      { name: 'name', type: text },
      { name: 'boss', type: uuid },
    ],
    references: [to('people', 'boss', 'people')],
  },
  {
    name: 'posts',
    columns: [
      { name: 'title', type: text },
      { name: 'author', type: uuid },
    ],
    references: [to('posts', 'author', 'people')],
  },
  { name: 'labels', columns: [{ name: 'name', type: text }] },
  {
    name: 'post_labels',
    columns: [
      { name: 'post', type: uuid },
      { name: 'label', type: uuid },
    ],
    references: [to('post_labels', 'post', 'posts'), to('post_labels', 'label', 'labels')],
  },
  {
    name: 'closed',
    endpoints: ['create'],
    columns: [{ name: 'post', type: uuid }],
    references: [to('closed', 'post', 'posts')],
  },
];

const columns: Readonly<Record<string, readonly string[]>> = {
  people: ['id', 'name', 'boss'],
  posts: ['id', 'title', 'author'],
  labels: ['id', 'name'],
  post_labels: ['id', 'post', 'label'],
};

const hop = (reference: string, direction: Hop['direction']): Hop => ({ reference, direction });

/** Every relation of a table, for the product and for the oracle. */
const relations: Readonly<
  Record<string, readonly { hops: readonly Hop[]; ways: Wanted['ways']; many: boolean }[]>
> = {
  people: [
    {
      hops: [hop('people_boss_fkey', 'forward')],
      ways: [{ table: 'people', here: 'boss', there: 'id' }],
      many: false,
    },
    {
      hops: [hop('people_boss_fkey', 'reverse')],
      ways: [{ table: 'people', here: 'id', there: 'boss' }],
      many: true,
    },
    {
      hops: [hop('posts_author_fkey', 'reverse')],
      ways: [{ table: 'posts', here: 'id', there: 'author' }],
      many: true,
    },
  ],
  posts: [
    {
      hops: [hop('posts_author_fkey', 'forward')],
      ways: [{ table: 'people', here: 'author', there: 'id' }],
      many: false,
    },
    {
      hops: [hop('post_labels_post_fkey', 'reverse'), hop('post_labels_label_fkey', 'forward')],
      ways: [
        { table: 'post_labels', here: 'id', there: 'post' },
        { table: 'labels', here: 'label', there: 'id' },
      ],
      many: true,
    },
  ],
  labels: [
    {
      hops: [hop('post_labels_label_fkey', 'reverse'), hop('post_labels_post_fkey', 'forward')],
      ways: [
        { table: 'post_labels', here: 'id', there: 'label' },
        { table: 'posts', here: 'post', there: 'id' },
      ],
      many: true,
    },
    {
      hops: [hop('post_labels_label_fkey', 'reverse')],
      ways: [{ table: 'post_labels', here: 'id', there: 'label' }],
      many: true,
    },
  ],
  post_labels: [
    {
      hops: [hop('post_labels_post_fkey', 'forward')],
      ways: [{ table: 'posts', here: 'post', there: 'id' }],
      many: false,
    },
  ],
};

/** What to show of one relation, and of the rows it leads to. */
interface Tree {
  readonly relation: number;
  readonly limit: number;
  readonly as: string;
  readonly within: readonly Tree[];
}

/** Names that only text built with care survives. */
const names = ['a', 'it\'s "x"', 'b__truncated', '$1', 'é😀', 'long'.repeat(20)];

function tree(depth: number): fc.Arbitrary<Tree> {
  return fc.record({
    relation: fc.nat(9),
    limit: fc.integer({ min: 1, max: 3 }),
    as: fc.constantFrom(...names),
    within: depth === 0 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 2 }),
  });
}

function wantedOf(from: string, { relation, limit, as, within }: Tree, at: number): Wanted {
  const all = relations[from] ?? [];
  const one = all[relation % all.length];
  const target = one?.ways.at(-1)?.table ?? '';
  return {
    as: `${as}${at}`,
    ways: one?.ways ?? [],
    columns: columns[target] ?? [],
    within: within.map((each, place) => wantedOf(target, each, place)),
    ...(one?.many ? { many: { limit, truncated: `${as}${at}__truncated` } } : {}),
  };
}

function relatedOf(from: string, { relation, limit, as, within }: Tree, at: number): Related {
  const all = relations[from] ?? [];
  const one = all[relation % all.length];
  const target = one?.ways.at(-1)?.table ?? '';
  const own = (columns[target] ?? []).map((name): OutputItem => ({ kind: 'column', name }));
  return {
    kind: 'related',
    as: `${as}${at}`,
    hops: one?.hops ?? [],
    items: [...own, ...within.map((each, place) => relatedOf(target, each, place))],
    ...(one?.many ? { many: { limit, truncated: `${as}${at}__truncated` } } : {}),
  };
}

/** Keys 1 to 6 of each table: small enough that rows meet. */
const key = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const maybeKey = fc.option(fc.integer({ min: 1, max: 6 }).map(key), { nil: null });
const lists: fc.Arbitrary<Lists> = fc.record(
  {
    read: someOf(['ann', 'bob', 'cy']),
    deny: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, someOf(['ann', 'bob', 'cy'])),
  },
  { noNullPrototype: true },
);

function rowsOf(
  values: fc.Arbitrary<Record<string, string | null>>,
): fc.Arbitrary<readonly StoredRow[]> {
  const row = fc.record({
    values,
    lists,
    trashed: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
  });
  return fc
    .array(row, { minLength: 6, maxLength: 6 })
    .map((all) => all.map((one, at) => ({ ...one, values: { id: key(at + 1), ...one.values } })));
}

const label = fc.constantFrom('x', 'it\'s "b__truncated0":null', null);
const houses: fc.Arbitrary<House> = fc.record({
  people: rowsOf(fc.record({ name: label, boss: maybeKey })),
  posts: rowsOf(fc.record({ title: label, author: maybeKey })),
  labels: rowsOf(fc.record({ name: label })),
  post_labels: rowsOf(fc.record({ post: maybeKey, label: maybeKey })),
});

let database: TestDatabase;
let h: Harness;

beforeAll(async () => {
  database = await createDatabase();
  h = await openHarness(database, 'related', tables);
});

beforeEach(empty);

async function empty(): Promise<void> {
  const all = tables.map(({ name }) => `"t_${h.tenant}".${name}`);
  await database.admin.query(`truncate ${all.join(', ')}`);
}

/** Rows with their lists, as the server stores them; then what is in the trash is marked. */
async function store(house: House): Promise<void> {
  const seed = principal(h.tenant, 'seed', { access: 'root', sudo: true });
  for (const { name } of tables) {
    const rows = house[name] ?? [];
    if (rows.length === 0) continue;
    const sent = rows.map(({ values, lists: access }) => ({ values, access }));
    await h.run(seed, insert(name, sent, 'id'));
    const keys = rows.flatMap(({ values, trashed }) => (trashed ? [String(values['id'])] : []));
    await h.run(seed, {
      kind: 'delete',
      table: table(name),
      target: { by: 'keys', keys },
      permanent: false,
      output: output('id'),
    });
  }
}

describe('related rows', () => {
  it('are those the caller may see, in one statement, whatever the depth', async () => {
    const from = fc.constantFrom('people', 'posts', 'labels', 'post_labels');
    const trees = fc.array(tree(2), { minLength: 1, maxLength: 3 });
    const person = fc.constantFrom(
      principal(h.tenant, 'ann', { access: 'read' }),
      principal(h.tenant, 'bob', { access: 'deny' }),
      principal(h.tenant, 'eve', { access: 'root', sudo: true }),
    );
    const page = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(houses, from, trees, person, page, async (house, start, all, who, limit) => {
        await empty();
        await store(house);
        const own = (columns[start] ?? []).map((name): OutputItem => ({ kind: 'column', name }));
        const items = [...own, ...all.map((each, at) => relatedOf(start, each, at))];
        const wanted = all.map((each, at) => wantedOf(start, each, at));
        const rows = await h.rows(
          who,
          read(start, [], {
            output: { ...output(), items },
            ...(limit === undefined ? {} : { limit }),
          }),
        );
        const seen = visible(whoOf(who), house, start).slice(0, limit);
        expect(rows).toEqual(
          seen.map((row) => shown(whoOf(who), house, row, columns[start] ?? [], wanted)),
        );
      }),
      bounded(60, 20),
    );
  });

  const ann = (): ReturnType<typeof principal> => principal(h.tenant, 'ann', { access: 'full' });
  const row = (n: number, values: Record<string, string | null>): StoredRow => ({
    values: { id: key(n), ...values },
    lists: {},
    trashed: false,
  });
  const name: OutputItem = { kind: 'column', name: 'name' };
  const author: Related = {
    kind: 'related',
    as: 'author',
    hops: [hop('posts_author_fkey', 'forward')],
    items: [name],
  };

  it('come with written rows', async () => {
    await store({
      people: [row(1, { name: 'Bo', boss: null }), row(2, { name: 'Cy', boss: null })],
    });
    const shape = { ...output(), items: [{ kind: 'column', name: 'title' } as const, author] };
    const values = { id: key(9), title: 'new', author: key(1) };
    expect(await h.rows(ann(), { ...insert('posts', [{ values }]), output: shape })).toEqual([
      { title: 'new', author: { name: 'Bo' } },
    ]);
    expect(
      await h.rows(ann(), {
        kind: 'update',
        table: table('posts'),
        target: { by: 'keys', keys: [key(9)] },
        changes: [{ values: { author: key(2) } }],
        output: shape,
        show: 'live',
      }),
    ).toEqual([{ title: 'new', author: { name: 'Cy' } }]);
    expect(
      await h.rows(ann(), {
        kind: 'upsert',
        table: table('posts'),
        rows: [{ values: { id: key(9), author: null } }],
        unnamed: 'keep',
        output: shape,
      }),
    ).toEqual([{ title: 'new', author: null }]);
    const where = { kind: 'constant', value: true } as const;
    expect(
      await h.rows(ann(), {
        kind: 'delete',
        table: table('posts'),
        target: { by: 'where', where },
        permanent: false,
        output: shape,
      }),
    ).toEqual([{ title: 'new', author: null }]);
  });

  it('cost one statement a request', async () => {
    await store({
      people: [row(1, { name: 'Bo', boss: null })],
      posts: [1, 2, 3].map((n) => row(n, { title: 'x', author: key(1) })),
    });
    const session = createSession();
    const run = vi.spyOn(session, 'run');
    const execute = createExecutor({
      placement: singlePlacement({ data: h.pool, ddl: h.pool }),
      session,
    });
    const posts: Related = {
      kind: 'related',
      as: 'posts',
      hops: [hop('posts_author_fkey', 'reverse')],
      items: [{ kind: 'column', name: 'title' }, author],
      many: { limit: 2, truncated: 'posts__truncated' },
    };
    const statement = read('people', [], { output: { ...output(), items: [name, posts] } });
    const signal = new AbortController().signal;
    const [result] = await execute([statement], h.catalog, {
      principal: ann(),
      requestId: 'test',
      signal,
    });
    const post = { title: 'x', author: { name: 'Bo' } };
    expect(JSON.parse(result?.rows ?? '')).toEqual([
      { name: 'Bo', posts: [post, post], posts__truncated: true },
    ]);
    // What a caller's verdicts on new lists cost comes behind the reply.
    const queries = run.mock.calls.flatMap(([, , sent]) => sent);
    expect(queries.filter(({ text: words }) => words.includes('"people"'))).toHaveLength(1);
    expect(queries.filter(({ text: words }) => words.includes('"posts"'))).toHaveLength(1);
  });

  it('of a table that offers no reads are refused', async () => {
    const closed: Related = {
      kind: 'related',
      as: 'closed',
      hops: [hop('closed_post_fkey', 'reverse')],
      items: [{ kind: 'column', name: 'id' }],
      many: { limit: 10, truncated: 'closed__truncated' },
    };
    const statement = read('posts', [], { output: { ...output(), items: [closed] } });
    expect(await failure(h, ann(), statement)).toMatchObject({ kind: 'endpoint_disabled' });
    const astray: Related = { ...author, hops: [hop('no_such_fkey', 'forward')] };
    expect(
      await failure(h, ann(), read('posts', [], { output: { ...output(), items: [astray] } })),
    ).toMatchObject({ kind: 'relation_not_found' });
  });

  it('members and rights are printed beside them', async () => {
    await store({ posts: [row(1, { title: 'x', author: null })] });
    const items: OutputItem[] = [
      { kind: 'member', name: 'title', member: 'id', as: 'title' },
      { kind: 'member', name: 'author', member: 'id', as: 'author' },
      {
        kind: 'rights',
        rights: [
          { right: 'edit', name: 'update' },
          { right: 'delete', name: 'it\'s "delete"' },
        ],
        as: '_allowed_actions',
      },
    ];
    const rowsFor = (access: 'edit' | 'full'): Promise<Row[]> =>
      h.rows(
        principal(h.tenant, 'ann', { access }),
        read('posts', [], { output: { ...output(), items } }),
      );
    expect(await rowsFor('edit')).toEqual([
      { title: { id: 'x' }, author: null, _allowed_actions: ['update'] },
    ]);
    expect(await rowsFor('full')).toMatchObject([
      { _allowed_actions: ['update', 'it\'s "delete"'] },
    ]);
  });
});

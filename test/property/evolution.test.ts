/** Random pairs of definitions: a table changed from one to the other, in phases, is the table made so; taken back, it is what it was. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { ServiceError } from '../../control-plane/base/errors.ts';
import type { Json } from '../../control-plane/base/json.ts';
import type { ColumnType } from '../../control-plane/base/types.ts';
import type { Column } from '../../control-plane/model/table.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type Evolver, evolver, makeTenant, shapeOf } from '../support/evolution.ts';
import { bounded } from '../support/seeded.ts';
import { column } from '../unit/compile/samples.ts';

const kinds: readonly (readonly [ColumnType, Json])[] = [
  [{ base: 'text' }, "it's"],
  [{ base: 'varchar', length: 20 }, '7'],
  [{ base: 'integer' }, 7],
  [{ base: 'bigint' }, 8],
  [{ base: 'numeric' }, 1.5],
  [{ base: 'boolean' }, true],
  [{ base: 'date' }, '2020-02-02'],
  [{ base: 'jsonb' }, { a: 1 }],
];

const names = ['a', 'b', 'select', 'Mixed Case', 'quo"te', "apostro'phe"];

/** What is said of a column besides its name. A required one has a default, so that it can come back. */
const facts = fc
  .record({
    kind: fc.constantFrom(...kinds),
    required: fc.boolean(),
    unique: fc.boolean(),
    indexed: fc.boolean(),
    bounded: fc.boolean(),
    tracked: fc.boolean(),
    description: fc.constantFrom(undefined, 'words', "o'clock"),
  })
  .map(({ kind: [type, value], required, unique, bounded: bound, description, ...rest }) => ({
    ...rest,
    type,
    required,
    unique: unique && !required && type.base !== 'jsonb',
    ...(required ? { default: { kind: 'value' as const, value } } : {}),
    ...(bound && ['integer', 'bigint', 'numeric'].includes(type.base) ? { minimum: 1 } : {}),
    ...(description === undefined ? {} : { description }),
  }));

/** A column before and after, each where it is there, and whether its type stays. */
const pair = fc.record({
  before: fc.option(facts),
  after: fc.option(facts),
  same: fc.boolean(),
});

const pairs = fc
  .tuple(
    fc.array(pair, { minLength: 1, maxLength: 5 }),
    fc.shuffledSubarray(names, { minLength: 6 }),
    fc.shuffledSubarray(names, { minLength: 6 }),
  )
  .map(([list, old, next]) => {
    const described = list.map(({ before, after, same }, at) => {
      const id = randomUUID();
      const kept = before && after && same ? { ...after, type: before.type } : after;
      const given = kept?.required ? { default: defaultOf(kept.type) } : {};
      return {
        before: before && one(old[at] ?? '', id, before),
        after: kept && one(next[at] ?? '', before ? id : '', { ...withoutDefault(kept), ...given }),
      };
    });
    return {
      before: described.flatMap((each) => each.before ?? []),
      after: described.flatMap((each) => each.after ?? []),
    };
  });

function withoutDefault({ default: _, ...rest }: Partial<Column>): Partial<Column> {
  return rest;
}

function defaultOf(type: ColumnType): { readonly kind: 'value'; readonly value: Json } {
  const value = kinds.find(([{ base }]) => base === type.base)?.[1] ?? null;
  return { kind: 'value', value };
}

function one(name: string, id: string, { default: value, ...rest }: Partial<Column>): Column {
  const { type = { base: 'text' }, minimum, unique, ...more } = rest;
  const number = ['integer', 'bigint', 'numeric'].includes(type.base);
  return {
    ...column(name, type, more),
    id,
    unique: unique === true && type.base !== 'jsonb',
    ...(value ? { default: value } : {}),
    ...(minimum !== undefined && number ? { minimum } : {}),
  };
}

let database: TestDatabase;
let tenant: string;
let here: Evolver;
let count = 0;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('pairs');
  await makeTenant(database, tenant);
  here = evolver(database, tenant, { large: 5 });
});

it('a changed table is the table made so, and what it was when taken back', async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(pairs, async ({ before, after }) => {
      const name = `changed_${++count}`;
      const made = await here.create(name, before);
      await database.admin.query(
        `insert into "t_${tenant}"."${name}" (id) select gen_random_uuid() from generate_series(1, 20)`,
      );
      const was = await described(name);
      // The definition speaks of columns by the ids they were given.
      const ids = new Map(before.map(({ id }, at) => [id, made.columns[at + 1]?.id ?? '']));
      const next = after.map((each) => ({ ...each, id: ids.get(each.id) ?? '' }));
      const [key] = made.columns;
      const columns = key ? [key, ...next] : next;
      const outcome = await here
        .change(name, () => ({ columns }), { allowDataLoss: true })
        .catch((error: unknown) => {
          if (error instanceof ServiceError && error.kind === 'data_conflict') return undefined;
          throw error;
        });
      if (!outcome) {
        expect(await described(name)).toEqual(was);
        return;
      }
      done++;
      const fresh = `fresh_${count}`;
      await here.create(fresh, next, { features: outcome.table?.features ?? made.features });
      expect(await described(name)).toEqual(await described(fresh));
      const table = { app: 'default', name };
      const operation = outcome.operation?.id ?? '';
      try {
        await here.define({ kind: 'rollback_operation', table, operation });
      } catch (error) {
        expect(error).toMatchObject({ kind: 'data_conflict' });
        expect(await described(name)).toEqual(await described(fresh));
        return;
      }
      expect(await described(name)).toEqual(was);
    }),
    bounded(40, 12),
  );
  expect(done).toBeGreaterThan(3);
}, 180_000);

/** A table's shape without what names it. */
async function described(name: string): Promise<readonly string[]> {
  const { id } = await here.table(name);
  const lines = await shapeOf(database, `t_${tenant}`, name);
  const own = new RegExp(`(?<=_|history\\(')${id}(?=\\D|$)`, 'g');
  return lines.map((line) => line.replaceAll(name, 'T').replaceAll(own, 'N')).toSorted();
}

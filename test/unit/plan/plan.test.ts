import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import { plan } from '../../../control-plane/plan/plan.ts';
import { type Operator, operators } from '../../../control-plane/statement/operators.ts';
import type { Output } from '../../../control-plane/statement/output.ts';
import type { Field, Predicate } from '../../../control-plane/statement/predicate.ts';
import type { Read, Statement } from '../../../control-plane/statement/statement.ts';
import { catalog } from './sample.ts';

const pets = { app: 'default', name: 'pets' };
const plain = { app: 'default', name: 'plain' };
const output: Output = {
  items: [
    { kind: 'column', name: 'id' },
    { kind: 'access', list: 'read', as: 'access_read' },
    { kind: 'access', list: 'delete', as: 'access_delete', optional: true },
    { kind: 'column', name: 'price' },
    { kind: 'column', name: 'seen' },
    { kind: 'column', name: 'Weird "name"' },
  ],
  format: { numbers: 'safe', times: 'millis' },
};
const narrow: Output = { ...output, items: [{ kind: 'column', name: 'id' }] };
const id = '01890a5d-ac96-774b-bcce-b302099a8057';

function column(name: string, operator: Operator, operand: Json): Predicate {
  return { kind: 'compare', field: { kind: 'column', name }, operator, operand };
}

function read(rest: Partial<Read>): Read {
  return { kind: 'read', table: pets, output: narrow, show: 'live', cap: 100, ...rest };
}

const representative: Readonly<Record<string, Statement>> = {
  'read by key': read({ where: column('id', 'eq', id), require: { key: id }, output }),
  'page of a list, keyset, total': read({
    where: {
      kind: 'and',
      of: [column('age', 'gte', 3), { kind: 'not', of: column('tags', 'array_overlaps', ['a']) }],
    },
    order: [{ field: { kind: 'column', name: 'age' }, descending: true }],
    limit: 20,
    after: id,
    total: true,
  }),
  'all matches under a cap': read({ where: column('name', 'icontains', '50%') }),
  'page with related rows': read({
    output: {
      ...output,
      items: [
        { kind: 'column', name: 'id' },
        {
          kind: 'related',
          hops: [{ reference: 'owner_fkey', direction: 'forward' }],
          as: 'owner',
          items: [{ kind: 'column', name: 'name' }],
        },
        {
          kind: 'related',
          hops: [
            { reference: 'pet_fkey', direction: 'reverse' },
            { reference: 'vet_fkey', direction: 'forward' },
          ],
          as: 'vets',
          items: [{ kind: 'column', name: 'name' }],
          many: { limit: 1000, truncated: 'vets__truncated' },
        },
      ],
    },
    limit: 20,
  }),
  'json path and pattern': read({
    table: pets,
    where: {
      kind: 'or',
      of: [
        {
          kind: 'compare',
          field: { kind: 'path', column: 'meta', path: ['a', '0'] },
          operator: 'in',
          operand: [1, 'x'],
        },
        column('name', 'matches', '^a'),
      ],
    },
    limit: 0,
  }),
  'relation and search': read({
    where: {
      kind: 'and',
      of: [
        {
          kind: 'related',
          hops: [{ reference: 'owner_fkey', direction: 'forward' }],
          where: column('name', 'eq', 'Bo'),
        },
        { kind: 'search', query: 'old dog', mode: 'all', language: 'english' },
      ],
    },
  }),
  insert: {
    kind: 'insert',
    table: pets,
    rows: [{ values: { name: 'a' } }, { values: { name: 'b', age: 3 }, access: { read: ['x'] } }],
    output,
  },
  'update by keys': {
    kind: 'update',
    table: pets,
    target: { by: 'keys', keys: [id] },
    changes: [{ values: { name: 'z' } }],
    expect: [{ created_at: '2024-01-01T00:00:00Z' }],
    output: narrow,
    show: 'live',
  },
  'whole rows by keys': {
    kind: 'update',
    table: pets,
    target: { by: 'keys', keys: [id] },
    changes: [{ values: { name: 'z' } }],
    unnamed: 'default',
    output: narrow,
    show: 'live',
  },
  'upsert by the key': {
    kind: 'upsert',
    table: pets,
    rows: [{ values: { id, name: 'a' } }, { values: { name: 'b', age: 3 } }],
    unnamed: 'keep',
    output: narrow,
  },
  'upsert by a unique column': {
    kind: 'upsert',
    table: pets,
    by: ['name'],
    rows: [{ values: { name: 'a', age: 3 } }],
    unnamed: 'default',
    output: narrow,
  },
  'check by keys': {
    kind: 'update',
    table: pets,
    target: { by: 'keys', keys: [id] },
    changes: [{ values: {} }],
    output: narrow,
    show: 'live',
  },
  'update by predicate': {
    kind: 'update',
    table: pets,
    target: { by: 'where', where: column('age', 'lt', 3), strict: true },
    changes: [{ values: { alive: false } }],
    output: narrow,
    show: 'live',
  },
  delete: {
    kind: 'delete',
    table: pets,
    target: { by: 'keys', keys: [id] },
    permanent: false,
    output: narrow,
  },
  'physical delete': {
    kind: 'delete',
    table: plain,
    target: { by: 'where', where: column('n', 'eq', 1) },
    permanent: false,
    output: narrow,
  },
  share: {
    kind: 'share',
    table: pets,
    target: { by: 'keys', keys: [id] },
    change: { mode: 'merge', lists: { read: ['x'] } },
    output: narrow,
  },
  aggregate: {
    kind: 'aggregate',
    table: pets,
    groupBy: [
      { as: 'meta.kind', kind: 'field', field: { kind: 'path', column: 'meta', path: ['kind'] } },
    ],
    functions: [
      { as: 'total', fn: 'sum', of: { kind: 'field', field: { kind: 'column', name: 'price' } } },
      { as: 'n', fn: 'count' },
    ],
    format: output.format,
    show: 'live',
    cap: 100,
  },
  history: { kind: 'history', table: pets, key: id, show: 'live', limit: 5 },
  'history as versions': {
    kind: 'history',
    table: pets,
    key: id,
    form: 'versions',
    show: 'live',
    limit: 5,
  },
  link: {
    kind: 'link',
    near: pets,
    nearKey: id,
    hops: [
      { reference: 'pet_fkey', direction: 'reverse' },
      { reference: 'vet_fkey', direction: 'forward' },
    ],
    farKeys: [id],
    output: narrow,
  },
  require: { kind: 'require', table: pets, keys: [id], show: 'live', live: true },
};

describe('golden', () => {
  it('the SQL of representative statements', async () => {
    const texts = Object.entries(representative).map(([name, statement]) => {
      const { query, show, intent } = plan(statement, catalog);
      return `-- ${name} (show ${show}, intent ${intent})\n${query.text};\n`;
    });
    await expect(texts.join('\n')).toMatchFileSnapshot('plan.golden.sql');
  });
});

/** Text that shows up nowhere by chance, with everything that could break out of a literal or name. */
const marker = fc
  .tuple(
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.constantFrom("'", '"', '$1', ';--', '\\', '%'),
  )
  .map(([text, hostile]) => `Zq9${hostile}${text.replaceAll('\0', '')}Zq9`);

const operandOf = (operator: Operator, text: string): Json => {
  switch (operators[operator].operand) {
    case 'list':
      return [text];
    case 'pair':
      return [text, text];
    case 'boolean':
      return true;
    default:
      return operator === 'size' ? 1 : text;
  }
};

const names = Object.keys(operators) as Operator[];

describe('values', () => {
  it('never appear in the text, and the text depends on the shape only', () => {
    const property = fc.property(
      marker,
      marker,
      fc.constantFrom(...names),
      (one, other, operator) => {
        const texts = [one, other].map((text) => {
          const fields: Field[] = [
            { kind: 'column', name: operators[operator].on === 'array' ? 'tags' : 'name' },
            { kind: 'path', column: 'meta', path: [text] },
            { kind: 'access', list: 'read' },
          ];
          return fields.map((field) =>
            planned(
              read({
                where: { kind: 'compare', field, operator, operand: operandOf(operator, text) },
                // The page size is part of the shape, see pageOf; where the page begins is a value.
                limit: 7,
                offset: text.length,
              }),
            ),
          );
        });
        expect(texts[0]).toEqual(texts[1]);
        expect(texts.flat().join()).not.toContain('Zq9');
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it('of writes, aliases and keys neither', () => {
    const property = fc.property(marker, (text) => {
      const statements: Statement[] = [
        {
          kind: 'insert',
          table: pets,
          rows: [{ values: { name: text, meta: { [text]: text } }, access: { read: [text] } }],
          output: narrow,
        },
        {
          kind: 'update',
          table: pets,
          target: { by: 'keys', keys: [text] },
          changes: [{ values: { tags: [text] }, access: { deny: [text] } }],
          expect: [{ id: text }],
          output: narrow,
          show: 'live',
        },
        {
          kind: 'share',
          table: pets,
          target: { by: 'keys', keys: [text] },
          change: { mode: 'patch', add: { read: [text] }, remove: { edit: [text] } },
          output: narrow,
        },
        {
          kind: 'aggregate',
          table: pets,
          groupBy: [
            { as: text, kind: 'field', field: { kind: 'path', column: 'meta', path: [text] } },
          ],
          functions: [{ as: text, fn: 'count' }],
          format: output.format,
          show: 'live',
          cap: 9,
        },
        { kind: 'require', table: pets, keys: [text], show: 'live', live: true },
        read({
          where: { kind: 'search', query: text, mode: 'any', language: 'english' },
          output: { ...narrow, items: [{ kind: 'literal', value: text, as: 'x' }] },
        }),
      ];
      for (const statement of statements) expect(planned(statement)).not.toContain('Zq9');
    });
    fc.assert(property, { numRuns: 100 });
  });
});

function planned(statement: Statement): string {
  try {
    return plan(statement, catalog).query.text;
  } catch (error) {
    if (error instanceof ServiceError) return error.kind;
    throw error;
  }
}

describe('refusals name the condition', () => {
  const refused = (statement: Statement) => {
    try {
      plan(statement, catalog);
    } catch (error) {
      if (error instanceof ServiceError) return { kind: error.kind, ...error.detail };
    }
    return undefined;
  };

  it.each([
    ['nope', 'eq', 1, 'column_not_found', undefined],
    ['_acl', 'eq', 1, 'column_not_found', undefined],
    ['name', 'eq', 1, 'invalid_operand', 'type'],
    ['age', 'eq', 1.5, 'invalid_operand', 'type'],
    ['age', 'gt', '9223372036854775808', 'invalid_operand', 'type'],
    ['age', 'gt', null, 'invalid_operand', 'null_operand'],
    ['age', 'in', 3, 'invalid_operand', 'not_array'],
    ['age', 'between', [1], 'invalid_operand', 'not_pair'],
    ['age', 'like', 'x', 'invalid_operand', 'operator'],
    ['name', 'like', 'x\\', 'invalid_operand', 'pattern'],
    ['name', 'eq', 'a\0', 'invalid_operand', 'text'],
    ['id', 'eq', '1', 'invalid_operand', 'type'],
    ['alive', 'eq', 'yes', 'invalid_operand', 'type'],
    ['tags', 'size', { like: 1 }, 'invalid_operand', 'operator'],
    ['tags', 'array_contains', [null], 'invalid_operand', 'null_operand'],
    ['name', 'is_null', 'x', 'invalid_operand', 'not_boolean'],
  ] as const)('%s %s %j', (name, operator, operand, kind, reason) => {
    const error = refused(read({ where: column(name, operator, operand) }));
    expect(error).toMatchObject({ kind, field: name, ...(reason ? { reason } : {}) });
  });

  it('tables and features', () => {
    const of = (name: string) => ({ app: 'default', name });
    expect(refused(read({ table: of('none') }))?.kind).toBe('table_not_found');
    expect(refused(read({ table: of('off') }))?.kind).toBe('table_disabled');
    expect(refused({ kind: 'insert', table: of('view'), rows: [], output: narrow })?.kind).toBe(
      'read_only',
    );
    expect(refused({ kind: 'history', table: plain, key: id, show: 'live' })?.kind).toBe(
      'feature_disabled',
    );
    expect(refused(read({ where: column('id', 'eq', 'x'), require: { key: 'x' } }))).toMatchObject({
      kind: 'row_not_found',
      keys: ['x'],
    });
  });
});

describe('the way to a page', () => {
  /** The pages about which somebody is asked who goes through a list by offset, when every answer is remembered. */
  function asked(ends: readonly number[]): readonly number[] {
    const told = new Map<number, boolean>();
    const pages: number[] = [];
    for (const end of ends) {
      const { asksSight } = plan(read({ limit: 20, offset: end - 20 }), catalog, {
        seesLittle: (_, page) => told.get(page),
        learn: () => undefined,
      });
      if (asksSight === undefined) continue;
      pages.push(asksSight);
      told.set(asksSight, false);
    }
    return pages;
  }

  it('is asked for at every doubling, not at every page', () => {
    const ends = Array.from({ length: 500 }, (_, at) => (at + 1) * 20);
    expect(asked(ends)).toEqual([16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]);
  });

  it('is asked for within what an integer holds', () => {
    for (const end of [2 ** 31, Number.MAX_SAFE_INTEGER]) {
      const { query, asksSight } = plan(read({ limit: 20, offset: end - 20 }), catalog);
      expect(asksSight).toBe(2 ** 30);
      expect(query.values).toContain(2 ** 30);
    }
  });
});

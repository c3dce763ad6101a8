/** Random filters over the corpus' rows, of everything that compares. */
import fc from 'fast-check';
import { columnsOf, oracleRow, rows, tables } from './corpus.ts';
import type { OracleColumn } from './oracle-filter.ts';
import type { Value } from './values.ts';

const [table] = tables;
if (table === undefined) throw new Error('the corpus lost its table');
const columns = columnsOf(table);
const filterable = columns.filter(
  (column) => !column.name.endsWith('_at') && column.name !== 'doc',
);

/** Values of a column that some row holds: comparisons then hit their borders. */
function pool(column: OracleColumn): fc.Arbitrary<Value> {
  const held = rows
    .map((row) => oracleRow(row)[column.name] ?? null)
    .filter((each) => each !== null);
  const members = column.array ? held.flatMap((each) => each as readonly Value[]) : held;
  return fc.constantFrom(...new Set(members));
}

function onColumn(column: OracleColumn): fc.Arbitrary<Value> {
  const value = pool(column);
  const list = fc.array(value, { maxLength: 4 });
  const one = (operators: readonly string[], operand: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
    fc
      .tuple(fc.constantFrom(...operators), operand)
      .map(([operator, each]) => ({ [operator]: each }));
  const nullness = one(['$exists', '$null'], fc.boolean());
  if (column.array) {
    const size = fc.oneof<fc.Arbitrary<Value>[]>(
      fc.integer({ min: 0, max: 4 }),
      one(['$gt', '$gte', '$lt', '$lte', '$ne'], fc.integer({ min: 0, max: 3 })),
    );
    return fc.oneof(
      nullness,
      one(['$any', '$all', '$nany', '$nall', '$contains'], list),
      one(['$size'], size),
    );
  }
  const nullable = fc.array(fc.option(value), { maxLength: 4 });
  const kinds = [
    nullness,
    value,
    fc.constant<Value>(null),
    one(['$eq', '$ne', '$neq', '$gt', '$gte', '$lt', '$lte'], value),
    one(['$eq', '$ne'], fc.constant(null)),
    one(['$in', '$nin'], nullable),
    one(['$between'], fc.tuple(value, value)),
  ];
  if (column.type === 'text') {
    const pattern = fc
      .array(fc.constantFrom('a', 'B', '%', '_', '\\%', '\\_', '\\\\', "'", 'é', '😀', ' '), {
        maxLength: 5,
      })
      .map((parts) => parts.join(''));
    const literal = fc.string({
      unit: fc.constantFrom('a', 'b', 'C', '%', '_', '\\', "'", 'É', '$'),
      maxLength: 3,
    });
    kinds.push(
      one(['$like', '$nlike', '$ilike', '$nilike'], pattern),
      one(['$find', '$text', '$contains'], literal),
    );
  }
  return fc.oneof(...kinds);
}

const leaf: fc.Arbitrary<Value> = fc
  .constantFrom(...filterable)
  .chain((column) => onColumn(column).map((condition) => ({ [column.name]: condition })));

const { filter: anyFilter } = fc.letrec<{ filter: Value }>((tie) => {
  const many = fc.array(tie('filter'), { maxLength: 3 });
  const some = fc.array(tie('filter'), { minLength: 1, maxLength: 3 });
  return {
    filter: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { weight: 4, arbitrary: leaf },
      {
        weight: 1,
        arbitrary: fc
          .tuple(leaf, leaf)
          .map(([left, right]) => ({ ...(left as object), ...(right as object) })),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom('$and', '$or'), some)
          .map(([key, of]) => ({ [key]: of })),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom('$nand', '$nor'), many)
          .map(([key, of]) => ({ [key]: of })),
      },
      { weight: 1, arbitrary: tie('filter').map((of) => ({ $not: of })) },
    ),
  };
});

/** A filter in the corpus' own spelling. */
export const filter: fc.Arbitrary<Value> = anyFilter;

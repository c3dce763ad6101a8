import fc from 'fast-check';
import type { Expression } from '../../control-plane/statement/aggregate.ts';
import type { Field } from '../../control-plane/statement/predicate.ts';
import type { Aggregate } from '../../control-plane/statement/statement.ts';
import type { Lists } from './oracle.ts';
import type { Formula, OracleCall, OracleKey, OracleRow } from './oracle-aggregate.ts';
import { someOf } from './seeded.ts';
import type { Value } from './values.ts';

/** A row and who may read it. */
export interface Sale {
  readonly values: OracleRow;
  readonly lists: Lists;
}

const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 4 });
const small = fc.integer({ min: -3, max: 5 });
export const sale: fc.Arbitrary<Sale> = fc.record(
  {
    values: fc.record(
      {
        kind: orNull(fc.constantFrom('a', 'B', 'é', '')),
        n: orNull(small),
        price: orNull(fc.integer({ min: -8, max: 20 }).map((quarters) => quarters / 4)),
        at: orNull(
          fc
            .integer({ min: 0, max: 60 * 24 * 70 })
            .map((minutes) => new Date(Date.UTC(2024, 0, 1) + minutes * 60_000).toISOString()),
        ),
        doc: orNull(
          fc.oneof(
            small.map((size) => ({ size })),
            fc.constantFrom<Value>({ size: '1' }, { size: null }, {}, [1]),
          ),
        ),
      },
      { noNullPrototype: true },
    ),
    lists: fc.record(
      { read: someOf(['ann', 'bob', 'cy']), deny: fc.constantFrom<string[]>([], [], ['ann']) },
      { noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);

const columns = [['n'], ['price'], ['doc', 'size']] as const;
const { formula } = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...columns).map((at): Formula => ({ at })),
    small.map((number): Formula => ({ number })),
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/'), tie('formula'), tie('formula'))
      .map(([sign, left, right]): Formula => ({ sign: sign as '+', of: [left, right] })),
  ),
}));

const any = fc.constantFrom<readonly string[]>(['kind'], ['n'], ['price'], ['doc', 'size']);
export const call: fc.Arbitrary<Omit<OracleCall, 'as'>> = fc.oneof(
  fc.constant({ fn: 'count' }),
  fc.record({
    fn: fc.constantFrom('count', 'count_distinct', 'array_agg', 'json_agg'),
    of: any.map((at) => ({ at })),
  }),
  fc.record({ fn: fc.constantFrom('sum', 'avg', 'stddev', 'variance'), of: formula }),
  fc.record({
    fn: fc.constantFrom('min', 'max'),
    of: fc.constantFrom({ at: ['kind'] }, { at: ['price'] }),
  }),
  fc.constant({ fn: 'string_agg', of: { at: ['kind'] } }),
);

export const day = { length: 10, rest: 'T00:00:00Z' };
const month = { length: 7, rest: '-01T00:00:00Z' };
/** Half-past zones have no summer time here. */
export const key: fc.Arbitrary<Omit<OracleKey, 'as'>> = fc.constantFrom<Omit<OracleKey, 'as'>>(
  { of: ['kind'] },
  { of: ['n'] },
  { of: ['at'], cut: { ...day, minutes: 0 } },
  { of: ['at'], cut: { ...month, minutes: 0 } },
  { of: ['at'], cut: { ...day, minutes: 330 } },
  { of: ['at'], cut: { ...month, minutes: 330 } },
);

export const fieldOf = ([name = '', ...path]: readonly string[]): Field =>
  path.length === 0 ? { kind: 'column', name } : { kind: 'path', column: name, path };

function expressionOf(of: Formula): Expression {
  if ('at' in of) return { kind: 'field', field: fieldOf(of.at) };
  if ('number' in of) {
    const digits = String(Math.abs(of.number));
    const number: Expression = { kind: 'number', digits };
    return of.number < 0 ? { kind: 'negate', of: number } : number;
  }
  const [left, right] = of.of.map(expressionOf) as [Expression, Expression];
  return { kind: 'arithmetic', operator: of.sign, left, right };
}

export function keysOf(keys: readonly OracleKey[]): Aggregate['groupBy'] {
  return keys.map(({ as, of, cut }) => {
    const field = fieldOf(of);
    if (!cut) return { as, kind: 'field', field };
    const period = cut.length === 10 ? 'day' : 'month';
    return {
      as,
      kind: 'period',
      field,
      period,
      ...(cut.minutes === 0 ? {} : { zone: 'Asia/Kolkata' }),
    };
  });
}

export function callsOf(calls: readonly OracleCall[]): Aggregate['functions'] {
  return calls.map(({ as, fn, of }) => ({
    as,
    fn: fn as 'count',
    ...(of ? { of: expressionOf(of) } : {}),
  }));
}

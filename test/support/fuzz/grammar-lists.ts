/** Conditions of policies and sums of lists, of right form and with whatever makes them go wrong. */
import type { Dice } from './dice.ts';

const celValues = [
  '1',
  '-1',
  '0',
  '9223372036854775807',
  '1.5',
  '1e308',
  "'a'",
  '"\\u0000"',
  "'\\ud800'",
  'true',
  'null',
  '[]',
  '[1, 2]',
  '{}',
  'P.id',
  'P.roles',
  'P.attr.x',
  'P.attr.x.y',
  'R.id',
  'R.attr.name',
  'R.attr.price',
  'R.attr.at',
  'R.attr.on',
  'R.attr.fine',
  'R.attr.tags',
  'R.attr.more',
  'R.attr.more.a.b',
  'R.attr.owner',
  'R.attr.id',
  'request.principal.id',
  'now()',
  "timestamp('2024-01-01T00:00:00Z')",
  "timestamp('x')",
  "duration('1h')",
  "duration('x')",
  "b'x'",
  '1u',
  "r'\\d'",
];
const celOperators = ['==', '!=', '<', '<=', '>', '>=', 'in', '&&', '||', '+', '-', '*', '/', '%'];

/** A condition of a policy. */
export function celExpression(of: Dice, depth = 3): string {
  const inner = (): string => celExpression(of, depth - 1);
  if (depth === 0 || of.rarely(5)) return of.one(celValues);
  switch (of.below(8)) {
    case 0:
    case 1:
    case 2:
      return `(${inner()} ${of.one(celOperators)} ${inner()})`;
    case 3:
      return `${of.one(['!', '-'])}${inner()}`;
    case 4:
      return `(${inner()} ? ${inner()} : ${inner()})`;
    case 5:
      return `${of.one(['size', 'has', 'timestamp', 'duration', 'string', 'int', 'type'])}(${inner()})`;
    case 6:
      return `${inner()}.${of.one(['startsWith', 'endsWith', 'contains', 'matches', 'size', 'exists', 'map'])}(${of.one([inner(), "'(a+)+$'", "'['", "'%'", '', 'x, x > 1'])})`;
    default:
      return `[${inner()}, ${inner()}]${of.one(['', '[0]', '.size()'])}`;
  }
}

/** An aggregate of a list call, and conditions on it. */
export function aggregates(of: Dice): Readonly<Record<string, string>> {
  const operand = (depth = 2): string =>
    depth === 0 || of.rarely(3)
      ? of.one([
          'price',
          'id',
          'name',
          'more.a.b',
          '0',
          '1e308',
          '-1',
          'fine',
          'at',
          '*',
          'tags',
          "'x'",
          'distinct name',
        ])
      : `(${operand(depth - 1)} ${of.one(['+', '-', '*', '/'])} ${operand(depth - 1)})`;
  const names = [
    'count',
    'sum',
    'avg',
    'min',
    'max',
    'array_agg',
    'string_agg',
    'json_agg',
    'stddev',
    'variance',
    'pg_sleep',
  ];
  const call = (at: number): string =>
    `${of.one(names)}(${operand()})${of.rarely(2) ? ` as a${at}` : ''}`;
  const keys = [
    'fine',
    'name',
    'more.a',
    "date_trunc('month', at)",
    "date_trunc('century', at AT TIME ZONE 'Europe/Berlin') as m",
    "date_trunc('x', at)",
    "date_trunc('day', at AT TIME ZONE 'no/where')",
    'tags',
    'more',
    'price as p',
  ];
  return {
    _aggregate: Array.from({ length: 1 + of.below(3) }, (_, at) => call(at)).join(','),
    ...(of.rarely(2)
      ? { _group_by: Array.from({ length: 1 + of.below(2) }, () => of.one(keys)).join(',') }
      : {}),
    ...(of.rarely(2)
      ? {
          _having: of.one([
            'a0 > 1',
            'a0__gte=1,a1__lt=x',
            'count(*) > 5 AND a0 < 1e400',
            'a0 = null',
            'sum(price) >= NaN',
            `a0 > ${'9'.repeat(400)}`,
          ]),
        }
      : {}),
    ...(of.rarely(3) ? { ordering: of.one(['-a0', 'm,a1', 'count', 'price']) } : {}),
  };
}

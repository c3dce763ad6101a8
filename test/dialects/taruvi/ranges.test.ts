/** Range operators, against sets of whole numbers. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { principal } from '../../support/principal.ts';
import { type Taruvi, taruvi } from '../../support/taruvi.ts';
import { column, table } from './tables.ts';

const most = 6;

/** Whole numbers from `lower` up to, and without, `upper`; a bound that is null is none. */
interface Span {
  readonly lower: number | null;
  readonly upper: number | null;
}

const bounds = [null, ...Array.from({ length: most }, (_, at) => at)];
const spans: readonly Span[] = bounds.flatMap((lower) =>
  bounds
    .filter((upper) => lower === null || upper === null || lower <= upper)
    .map((upper) => ({ lower, upper })),
);

/** The numbers of a span, far enough beyond every bound. */
function numbers({ lower, upper }: Span): readonly number[] {
  const [from, to] = [lower ?? -3, upper ?? most + 3];
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}

type Test = (own: readonly number[], other: readonly number[]) => boolean;

const all: Test = (own, other) => other.every((each) => own.includes(each));
const some: Test = (own, other) => other.some((each) => own.includes(each));

/** Neither an empty span nor one that has no end there is on either side of anything. */
function below(own: Span, other: Span): boolean {
  if (numbers(own).length === 0 || numbers(other).length === 0) return false;
  return own.upper !== null && other.lower !== null && own.upper <= other.lower;
}

const operators: Readonly<Record<string, (own: Span, other: Span) => boolean>> = {
  rcontains: (own, other) => all(numbers(own), numbers(other)),
  rcontainedby: (own, other) => all(numbers(other), numbers(own)),
  roverlaps: (own, other) => some(numbers(own), numbers(other)),
  rstrictleft: (own, other) => below(own, other),
  rstrictright: (own, other) => below(other, own),
  radjacent: (own, other) => {
    if (numbers(own).length === 0 || numbers(other).length === 0) return false;
    const meet = (one: Span, two: Span) => one.upper !== null && one.upper === two.lower;
    return meet(own, other) || meet(other, own);
  },
  eq: (own, other) => {
    if (numbers(own).length === 0 || numbers(other).length === 0) {
      return numbers(own).length === numbers(other).length;
    }
    return own.lower === other.lower && own.upper === other.upper;
  },
};

let root: Taruvi;

beforeAll(async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = database.slug('ranges');
  await createTenantWith(database, tenant, [
    table('spans', [
      column('span', 'int4range'),
      column('spans', 'int4multirange'),
      column('stay', 'daterange'),
      column('place', 'point'),
    ]),
  ]);
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  const rows = [...spans.map((span) => ({ span, spans: [span] })), { span: null }];
  await root.call('POST', '/default/datatables/spans/data/', rows, 201);
}, 120_000);

async function found(query: string): Promise<readonly number[]> {
  const path = `/default/datatables/spans/data/?page_size=1000&ordering=id&${query}`;
  return (await root.rows(path)).map(({ id }) => Number(id));
}

const text = ({ lower, upper }: Span): string => `${lower ?? ''},${upper ?? ''}`;

describe('ranges', () => {
  it.each(Object.entries(operators))('%s', async (name, test) => {
    for (const other of spans.filter((_, at) => at % 3 === 0)) {
      const want = spans.flatMap((own, at) => (test(own, other) ? [at + 1] : []));
      const tree = encodeURIComponent(JSON.stringify({ [`span__${name}`]: other }));
      expect(await found(`span__${name}=${text(other)}`), text(other)).toEqual(want);
      expect(await found(`spans__${name}=${encodeURIComponent(`[${text(other)})`)}`)).toEqual(want);
      expect(await found(`filters=${tree}`)).toEqual(want);
      const rest = spans.flatMap((own, at) => (test(own, other) ? [] : [at + 1]));
      const not = encodeURIComponent(JSON.stringify({ not: { [`span__${name}`]: other } }));
      expect(await found(`filters=${not}`)).toEqual(rest);
    }
  });

  it('hold a single value', async () => {
    for (const value of [-1, 0, 3, most]) {
      const want = spans.flatMap((own, at) => (numbers(own).includes(value) ? [at + 1] : []));
      expect(await found(`span__rcontains=${value}`)).toEqual(want);
      expect(await found(`spans__rcontains=${value}`)).toEqual(want);
      const tree = encodeURIComponent(JSON.stringify([{ span__rcontains: value }]));
      expect(await found(`filters=${tree}`)).toEqual(want);
    }
  });

  it.each([
    'span__roverlaps=a,b',
    'span__roverlaps=5,1',
    'span__roverlaps=1',
    'span__roverlaps=',
    'span__rcontains=x',
    'span__rcontains=',
    'span__roverlaps=9999999999,',
    'span__gt=1,2',
    'span__in=1,2',
    'span__contains=1',
    'stay__roverlaps=2024-13-01,',
    'stay__rcontains=tomorrow',
    'stay__roverlaps=%00,',
    'place__eq=1,2',
    'id__rcontains=1',
  ])('%s is refused by name', async (query) => {
    const path = `/default/datatables/spans/data/?${query}`;
    const { message } = await root.refused(400, 'BAD_REQUEST', 'GET', path);
    expect(message).toContain(query.slice(0, query.indexOf('__')));
  });
});

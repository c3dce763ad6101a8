/** Whatever is asked of shaping and aggregates is answered or refused, never failed at. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { principal } from '../../support/principal.ts';
import { bounded } from '../../support/seeded.ts';
import { type TaruviError, taruvi } from '../../support/taruvi.ts';
import { shop } from './shaping-tables.ts';

const values = fc.constantFrom(
  ...['name', 'price', 'stock', 'made', 'attributes', 'attributes.size', 'is_deleted', 'owner_id'],
  ...['1', '0', '1e999', "'x'", '"name"', 'price / stock', '(price * 1e99) * 1e999', 'id - id'],
);
const functions = fc.constantFrom(
  ...['count', 'sum', 'avg', 'min', 'max', 'array_agg', 'string_agg', 'json_agg', 'stddev'],
  ...['variance', 'date_trunc', 'pg_sleep'],
);
const calls = fc
  .tuple(functions, fc.array(values, { minLength: 1, maxLength: 2 }), fc.boolean())
  .map(([fn, inner, distinct]) => `${fn}(${distinct ? 'distinct ' : ''}${inner.join(', ')})`);
const groups = fc.oneof(
  values,
  fc
    .tuple(
      fc.constantFrom("'day'", "'century'", "'eon'"),
      values,
      fc.constantFrom('', " AT TIME ZONE 'Asia/Tokyo'"),
    )
    .map(([unit, of, zone]) => `date_trunc(${unit}, ${of}${zone})`),
);
const conditions = fc
  .tuple(
    fc.oneof(calls, fc.constant('x'), values),
    fc.constantFrom('>', '=', '__ne=', '__lt='),
    fc.constantFrom('1', 'x', "'a'", 'null', '1e5000', '\0'),
  )
  .map((parts) => parts.join(''));
const noise = fc.string({ maxLength: 12 });
const parameters = fc.record(
  {
    _aggregate: fc.oneof(
      calls.map((call) => `${call} as x`),
      calls,
      noise,
    ),
    _group_by: fc.oneof(groups, noise),
    _having: fc.oneof(conditions, noise),
    ordering: fc.oneof(fc.constantFrom('x', '-x', 'name'), noise),
    populate: fc.oneof(fc.constantFrom('company', '*', 'notes.product.tags', 'tags'), noise),
    fields: fc.oneof(fc.constantFrom('name,id', 'attributes.size'), noise),
    allowed_actions: fc.oneof(fc.constantFrom('update', 'read,delete'), noise),
    made__gte: fc.constantFrom('2024-01-01', 'soon'),
  },
  { requiredKeys: [], noNullPrototype: true },
);

it('is answered below 500, without a word of SQL', async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = database.slug('hostile');
  await createTenantWith(database, tenant, shop);
  const root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  // What Postgres would say, or the schema. Messages of ours quote what was sent, whatever quotes that has.
  const words = new RegExp(
    `syntax error|t_${tenant}|(relation|column|function) "?.*"? does not exist`,
  );
  const data = '/default/datatables/products/data/';
  await root.call(
    'POST',
    data,
    [
      { name: 'a', price: 1.5, stock: 0, made: '2024-01-01T00:00:00Z', attributes: { size: 1 } },
      {},
    ],
    201,
  );
  await fc.assert(
    fc.asyncProperty(parameters, async (asked) => {
      const query = new URLSearchParams(asked as Record<string, string>).toString();
      const reply = await root.send('GET', `${data}?${query}`);
      expect(reply.status, `${query}: ${reply.text}`).toBeLessThan(500);
      expect([200, 400], query).toContain(reply.status);
      if (reply.status === 400) {
        expect((reply.body as TaruviError).message).not.toMatch(words);
      }
    }),
    bounded(1500, 20),
  );
}, 60_000);

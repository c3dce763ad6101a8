/** Columns that an upsert leaves out, in tables that are no tables of objects: their default, whatever makes it, row by row. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';
import { type DataSvc, dataSvc } from '../../support/data-svc.ts';
import { createDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { principal } from '../../support/principal.ts';
import { column, table } from '../taruvi/tables.ts';

const columns = [
  column('id', 'text', { required: true }),
  column('title', 'text'),
  column('at', 'timestamptz', { default: { kind: 'now' } }),
  column('code', 'text', { default: { kind: 'uuid', prefix: 'c-' } }),
  column('n', 'integer', { default: { kind: 'value', value: 3 } }),
];

const features = { acl: true, timestamps: true };
const drafts = [
  table('plain', columns, { key: ['id'], access: 'acl', features }),
  table('listed', columns, { key: ['id'], access: 'lists', features }),
];

let ann: DataSvc;

beforeAll(async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = database.slug('defaults');
  await createTenantWith(database, tenant, drafts);
  ann = dataSvc(app, principal(tenant, 'ann'));
}, 120_000);

const own = { readers: ['_self'], writers: ['_self'], deleters: ['_self'] };

describe.each(['plain', 'listed'])(
  'rows that name different columns, in mode of table %s',
  (name) => {
    const lists = name === 'listed' ? own : {};

    it('get what they leave out from its default, when new and when there', async () => {
      const put = async (...all: readonly (readonly [string, object])[]) => {
        const objects = all.map(([id, data]) => ({ id, table: name, data, ...lists }));
        const reply = await ann.send('PUT', 'objects/upsert', { objects });
        expect(reply.status, reply.text).toBe(200);
        return (reply.body as { objects: { data: Record<string, unknown> }[] }).objects.map(
          ({ data }) => data,
        );
      };
      const time = expect.stringMatching(/^\d{4}-.*Z$/) as string;
      const code = expect.stringMatching(/^c-[0-9a-f-]{36}$/) as string;
      const [first, second] = await put(
        ['1', { title: 'one', code: 'mine', n: 1 }],
        ['2', { at: '2020-01-01T00:00:00Z' }],
      );
      expect(first).toEqual({ title: 'one', code: 'mine', n: 1, at: time });
      expect(second).toEqual({ title: null, code, n: 3, at: '2020-01-01T00:00:00.000Z' });
      const [again, other] = await put(
        ['1', { title: 'two' }],
        ['2', { n: 9, code: 'given', at: null }],
      );
      expect(again).toEqual({ title: 'two', code, n: 3, at: time });
      expect(again?.['at']).not.toBe('2020-01-01T00:00:00.000Z');
      expect(other).toEqual({ title: null, code: 'given', n: 9, at: null });
    });
  },
);

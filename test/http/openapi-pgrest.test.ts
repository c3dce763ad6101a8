/** Requests that the documents of PgREST and Data Svc allow, and their replies, held against them. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { against, type Documented, documentOf, operationsOf } from '../support/documented.ts';
import { principal } from '../support/principal.ts';

let app: TestApp;
let tenant: string;
let admin: Principal;
let api: Documented;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('acme');
  admin = principal(tenant, 'admin', { roles: ['PGREST_ADMIN', 'PGREST_Keepers'] });
  api = against(app, await documentOf(app), admin);
});

const base = '/v3/pgrest';
const result = <T>(reply: { body: unknown }) => (reply.body as { result: T }).result;
const unmet = ({ document, met }: Documented, tag: string) =>
  operationsOf(document)
    .filter(({ tags, operationId }) => tags[0] === tag && !met.has(operationId))
    .map(({ operationId }) => operationId);

describe('PgREST', () => {
  it('tables', async () => {
    await api.call('GET', `${base}/healthcheck`);
    const { table_id: id } = result<{ table_id: number }>(
      await api.call('POST', `${base}/manage/tables`, {
        body: {
          table_name: 'widgets',
          enums: { size: ['S', 'L'] },
          columns: {
            name: { data_type: 'varchar', char_len: 40, null: false, unique: true },
            count: { data_type: 'integer', default: 1 },
            size: { data_type: 'size' },
            made: { data_type: 'timestamp', default: 'CREATETIME' },
            day: { data_type: 'date' },
            tags: { data_type: 'text[]' },
            weight: { data_type: 'float' },
            sold: { data_type: 'boolean' },
          },
          constraints: { unique: { pair: ['name', 'count'] } },
        },
      }),
    );
    const scratch = { table_name: 'scratch', columns: {} };
    const made = await api.call('POST', `${base}/manage/tables`, { body: scratch });
    const other = result<{ table_id: number }>(made).table_id;
    await api.call('GET', `${base}/manage/tables?details=true&limit=5`);
    await api.call('GET', `${base}/manage/tables/${id}?details=true`);
    for (const body of [
      { comments: 'What we sell' },
      { add_column: { extra: { data_type: 'text' } } },
      { set_default: 'extra,none' },
      { column_type: { column: 'extra', type: 'varchar(20)' } },
      { drop_default: 'extra' },
      { drop_column: 'extra' },
      { endpoints: ['ALL'] },
    ]) {
      await api.call('PUT', `${base}/manage/tables/${id}`, { body });
    }
    await api.call('DELETE', `${base}/manage/tables/${other}?cascade=true`);
    await api.refused('POST', `${base}/manage/tables`, { body: { columns: {} } });
    await api.refused('GET', `${base}/manage/tables/0`);
  });

  it('rows', async () => {
    const data = `${base}/data/widgets`;
    const rows = [{ name: 'gear', count: 3 }, { name: 'bolt' }];
    const [first] = result<{ widgets_id: number }[]>(
      await api.call('POST', data, { body: { data: rows } }),
    );
    await api.call('GET', `${data}?count.gte=1&order=name,DESC&limit=1`);
    await api.call('GET', `${data}/${first?.widgets_id}`);
    await api.call('PUT', `${data}/${first?.widgets_id}`, { body: { data: { count: 4 } } });
    const where = {
      count: [
        { operator: '>', value: 0 },
        { operator: '<', value: 9 },
      ],
    };
    await api.call('PUT', data, { body: { data: { sold: false }, where } });
    await api.call('PUT', data, { body: { sold: true, where } });
    await api.call('DELETE', `${data}/${first?.widgets_id}`);
    await api.refused('GET', `${data}?nothing.eq=1`);
  });

  it('views and roles', async () => {
    const views = `${base}/manage/views`;
    const many = { view_name: 'many', select_query: 'name', from_table: 'widgets' };
    await api.call('POST', views, { body: many });
    const raw = 'SELECT name, count FROM widgets';
    const kept = { view_name: 'kept', materialized_view_raw_sql: raw };
    await api.call('POST', views, { body: kept });
    await api.call('GET', `${views}?details=true`);
    await api.call('GET', `${views}/many`);
    await api.call('PUT', `${views}/many`, { body: { comments: 'All of them' } });
    await api.call('GET', `${views}/kept/refresh`);
    await api.call('POST', `${views}/kept/refresh`);
    await api.call('GET', `${base}/views/many?name.like=b%25`);
    await api.call('DELETE', `${views}/kept`);
    for (const [at, roles] of ['/manage/roles', '/roles'].entries()) {
      const role = { role_name: `PGREST_Role_${at}`, description: 'One more' };
      await api.call('POST', base + roles, { body: role });
      await api.call('GET', base + roles);
      const grant = { method: 'grant', username: 'ada' };
      await api.call('POST', `${base}${roles}/PGREST_Role_${at}`, { body: grant });
      await api.call('GET', `${base}${roles}/PGREST_Role_${at}`);
    }
  });

  it('every route has been called', () => {
    expect(unmet(api, 'pgrest')).toEqual([]);
  });

  it('a table and a view tell their rows', async () => {
    const own = against(app, await documentOf(app, admin, '?dialect=pgrest'), admin);
    const data = `${base}/data/widgets`;
    const wheel = {
      name: 'wheel',
      size: 'L',
      day: '2025-01-31',
      tags: ['round', null],
      weight: 1.5,
      sold: false,
    };
    const [made] = result<{ widgets_id: number; made: string }[]>(
      await own.call('POST', data, { body: { data: wheel } }),
    );
    await own.call('GET', `${data}?name.eq=wheel`);
    await own.call('GET', `${data}/${made?.widgets_id}`);
    await own.call('PUT', `${data}/${made?.widgets_id}`, { body: { data: { size: 'S' } } });
    const where = { name: { operator: 'eq', value: 'wheel' } };
    await own.call('PUT', data, { body: { data: { sold: true }, where } });
    await own.call('DELETE', `${data}/${made?.widgets_id}`);
    await own.call('GET', `${base}/views/many`);
    expect(unmet(own, 'pgrest: Widgets')).toEqual([]);
    expect(unmet(own, 'pgrest: Many')).toEqual([]);
    const wrong = [{ count: 1 }, { name: 'x', size: 'M' }, { name: 'x', widgets_id: 7 }];
    for (const row of wrong) {
      await own.refused('POST', data, { body: { data: row } });
      await expect(own.call('POST', data, { body: { data: row } })).rejects.toThrow(/must/);
    }
  });

  it('a switched-off endpoint is not in the document', async () => {
    const body = { table_name: 'quiet', columns: {}, endpoints: ['GET_ALL', 'CREATE'] };
    await api.call('POST', `${base}/manage/tables`, { body });
    const { paths } = await documentOf(app, admin, '?dialect=pgrest');
    expect(Object.keys(paths[`${base}/data/quiet`] ?? {})).toEqual(['get', 'post']);
    expect(paths[`${base}/data/quiet/{id}`]).toBeUndefined();
    await api.refused('PUT', `${base}/data/quiet`, { body: { data: { a: 1 } } });
  });
});

describe('Data Svc', () => {
  it('every route has been called', async () => {
    const pet = {
      table: 'pet',
      data: { age: 9 },
      readers: ['_self'],
      writers: ['_self'],
      deleters: ['_self'],
    };
    const { object } = (await api.call('POST', '/data-svc/object', { body: { object: pet } }))
      .body as { object: { id: string } };
    const path = `/data-svc/object/${object.id}`;
    await api.call('PUT', path, { body: { object: { data: { age: 10 } } } });
    const hidden = { id: 'pet_2', table: 'pet' };
    await api.call('PUT', '/data-svc/objects/upsert', { body: { objects: [hidden] } });
    // Its author may not read it: the reply says only that it was written.
    await api.call('PUT', '/data-svc/object/pet_2', { body: { object: { readers: [] } } });
    const filters = [{ fields: ['age'], op: 'greaterThan', valuesJson: '[3]' }];
    const orderBys = [{ field: 'age', desc: true, sortingType: 'numeric' }];
    const query = { filters, orderBys, limit: 1, count: true };
    await api.call('POST', '/data-svc/objects', { body: { table: 'pet', query } });
    const change = { table: 'pet', filters, object: { data: { fed: true } } };
    await api.call('POST', '/data-svc/objects/update', { body: change });
    await api.call('POST', '/data-svc/objects/delete', { body: { table: 'pet', filters } });
    await api.call('POST', '/data-svc/objects', { body: { table: 'widgets' } });
    expect(unmet(api, 'data-svc')).toEqual([]);
    await api.refused('POST', '/data-svc/object', { body: { object: {} } });
  });
});

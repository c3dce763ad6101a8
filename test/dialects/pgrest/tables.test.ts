/** Tables of the PgREST dialect over HTTP: every type, option, constraint and operation. What is refused: tables-refused.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { type Pgrest, pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let admin: Pgrest;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('tables');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
});

const widgets = {
  table_name: 'widgets',
  columns: {
    name: { data_type: 'varchar', char_len: 255, unique: true, null: false },
    widget_type: { data_type: 'varchar', char_len: 100, null: true },
    count: { data_type: 'integer', null: true },
    is_private: { data_type: 'boolean', null: 'true', default: 'true' },
  },
};

describe('defining tables', () => {
  it('makes, lists, shows and drops', async () => {
    const { result } = await admin.call('POST', '/manage/tables', widgets);
    const { table_id: id, ...rest } = result as { table_id: number };
    expect(rest).toEqual({
      table_name: 'widgets',
      root_url: 'widgets',
      endpoints: ['GET_ONE', 'GET_ALL', 'CREATE', 'UPDATE', 'DELETE'],
      primary_key: 'widgets_id',
      constraints: {},
      comments: '',
    });
    expect(Number.isInteger(id)).toBe(true);
    const shown = (await admin.call('GET', `/manage/tables/${id}`)).result;
    expect(shown).toEqual({ ...rest, table_id: id, tenant, tenant_id: tenant });
    expect((await admin.call('GET', '/manage/tables/')).result).toContainEqual(shown);
    const full = (await admin.call('GET', `/manage/tables/${id}?details=TRUE`)).result as Record<
      string,
      { required?: unknown; properties?: unknown }
    >;
    expect(full['create_schema']?.required).toEqual(['name']);
    expect(full['update_schema']).toEqual(full['update schema']);
    expect(full['columns']).toMatchObject({ name: { data_type: 'varchar', char_len: 255 } });
    const { message } = await admin.call('DELETE', `/manage/tables/${id}`);
    expect(message).toBe('Table deleted successfully.');
    expect((await admin.refused(404, 'GET', `/manage/tables/${id}`)).code).toBe('not_found');
    expect((await admin.refused(400, 'GET', '/manage/tables/x')).code).toBe('bad_request');
    await admin.refused(404, 'GET', '/manage/tables/99999999999999999999999');
  });

  it('gives every type what goes in', async () => {
    await admin.table({
      table_name: 'Every',
      enums: { accountrole: ['ADMIN', 'USER'] },
      columns: {
        v: { data_type: 'VARCHAR', char_len: 3 },
        c: { data_type: 'char', char_len: 3 },
        t: { data_type: 'text' },
        i: { data_type: 'integer' },
        f: { data_type: 'float' },
        b: { data_type: 'boolean' },
        ts: { data_type: 'timestamp' },
        dt: { data_type: 'datetime' },
        d: { data_type: 'date' },
        s: { data_type: 'serial', serial_start: 10, serial_increment: 5, null: true },
        ia: { data_type: 'integer[]' },
        va: { data_type: 'varchar[]', char_len: 2 },
        ta: { data_type: 'timestamp[]' },
        e: { data_type: 'accountrole' },
        ea: { data_type: 'accountrole[]' },
        'a "b\' c%': { data_type: 'text' },
      },
    });
    const row = {
      v: 'abc',
      c: 'ab',
      t: '\'); drop table "Every"; --',
      i: 2147483647,
      f: 1.5,
      b: false,
      ts: '2024-01-02T03:04:05+02:00',
      dt: '2024-01-02 03:04:05.5',
      d: '2024-02-29',
      ia: [1, null, 3],
      va: ['a', 'bc'],
      ta: ['2024-01-02T03:04:05+02:00'],
      e: 'USER',
      ea: ['USER', 'ADMIN'],
      'a "b\' c%': 'x',
    };
    const { result } = await admin.call('POST', '/data/Every', {
      data: [row, { s: null }, { s: 1 }],
    });
    const [made, next, explicit] = result as Record<string, unknown>[];
    expect(made).toEqual({
      ...row,
      Every_id: 1,
      s: 10,
      ts: '2024-01-02T01:04:05',
      dt: '2024-01-02T03:04:05.500000',
      ta: ['2024-01-02T01:04:05'],
    });
    expect([next?.['s'], explicit?.['s']]).toEqual([15, 1]);
    const again = await admin.call('POST', '/data/Every', { data: {} });
    expect(again.result).toMatchObject([{ s: 20, Every_id: 4 }]);
    const misfits: readonly (readonly [string, unknown])[] = [
      ['v', 'abcd'],
      ['v', 1],
      ['i', 2147483648],
      ['i', '1'],
      ['i', 1.5],
      ['f', '1.5'],
      ['b', 'true'],
      ['b', 1],
      ['ts', 'yesterdayish'],
      ['ts', 5],
      ['d', '2024-02-30'],
      ['ia', 1],
      ['ia', ['x']],
      ['va', ['abc']],
      ['e', 'user'],
      ['ea', ['GUEST']],
      ['t', { a: 1 }],
      ['t', 'nul \u0000'],
    ];
    for (const [name, value] of misfits) {
      await admin.refused(400, 'POST', '/data/Every', { data: { [name]: value } });
      await admin.refused(400, 'PUT', '/data/Every/1', { data: { [name]: value } });
    }
    expect((await admin.rows('/data/Every')).length).toBe(4);
    const { rows } = await database.admin.query(
      `select attname, format_type(atttypid, atttypmod) as type, attidentity from pg_attribute
       where attrelid = 't_${tenant}."Every"'::regclass and attnum > 0 order by attnum`,
    );
    expect(rows.map(({ type }) => type.replace(/^.*\./, ''))).toEqual([
      'integer',
      'character varying(3)',
      'character varying(3)',
      'text',
      'integer',
      'double precision',
      'boolean',
      'timestamp without time zone',
      'timestamp without time zone',
      'date',
      'integer',
      'integer[]',
      'character varying(2)[]',
      'timestamp without time zone[]',
      'accountrole',
      'accountrole[]',
      'text',
    ]);
    expect(rows.filter(({ attidentity }) => attidentity === 'd').length).toBe(2);
  });

  it('keeps constraints, defaults and events', async () => {
    await admin.table({
      table_name: 'Companys',
      columns: { company_name: { data_type: 'varchar', char_len: 20, primary_key: true } },
    });
    await admin.table({
      table_name: 'UserProfile',
      root_url: 'user-profile',
      delete: false,
      comments: "profile's",
      constraints: { unique: { pair: ['first_name', 'LAST_NAME'] } },
      columns: {
        user_profile_id: { data_type: 'serial', primary_key: true },
        first_name: { data_type: 'text' },
        last_name: { data_type: 'text', unique: false },
        company: {
          data_type: 'varchar',
          char_len: 20,
          foreign_key: true,
          reference_table: 'companys',
          reference_column: 'Company_Name',
          on_event: 'on update',
          event_action: 'cascade',
          on_delete: 'Restrict',
        },
        boss: {
          data_type: 'integer',
          foreign_key: true,
          reference_table: 'UserProfile',
          reference_column: 'user_profile_id',
          on_delete: 'SET NULL',
        },
        status: { data_type: 'text', null: false, default: 'new' },
        made: { data_type: 'timestamp', default: 'createtime' },
        touched: { data_type: 'timestamp', default: 'UPDATETIME' },
      },
    });
    await admin.call('POST', '/data/Companys', { data: { company_name: "O'Neil & %" } });
    const absent = { first_name: 'a', last_name: 'b', company: "O'Neil & %" };
    const refusal = await admin.refused(400, 'POST', '/data/user-profile', { data: absent });
    expect(refusal.message).toContain('status');
    const person = { ...absent, status: 'x' };
    const { result } = await admin.call('POST', '/data/user-profile', { data: person });
    const [made] = result as Record<string, string>[];
    expect(made?.['made']).toBe(made?.['touched']);
    const twice = await admin.refused(400, 'POST', '/data/user-profile', { data: person });
    expect(twice.code).toBe('constraint_violation');
    await admin.refused(400, 'DELETE', `/data/Companys/${encodeURIComponent("O'Neil & %")}`);
    await admin.call('PUT', `/data/Companys/${encodeURIComponent("O'Neil & %")}`, {
      data: { company_name: 'New/Name' },
    });
    expect(await admin.rows('/data/Companys/New%2FName')).toEqual([
      { _pkid: 'New/Name', company_name: 'New/Name' },
    ]);
    const [row] = await admin.rows('/data/user-profile/1');
    expect(row?.['company']).toBe('New/Name');
    expect(row?.['touched']).not.toBe(made?.['touched']);
    expect(row?.['made']).toBe(made?.['made']);
    await admin.refused(400, 'PUT', '/data/user-profile/1', { data: { made: '2020-01-01' } });
    const set = await admin.call('PUT', '/data/user-profile/1', {
      data: { touched: '2020-01-01' },
    });
    expect(set.result).toMatchObject([{ touched: '2020-01-01T00:00:00' }]);
    const off = await admin.refused(400, 'DELETE', '/data/user-profile/1');
    expect(off).toMatchObject({
      code: 'endpoint_disabled',
      message: 'API access to DELETE disabled.',
    });
    const second = await admin.call('POST', '/data/user-profile', {
      data: { status: 'y', boss: 1 },
    });
    const [{ user_profile_id: other } = {}] = second.result as Record<string, unknown>[];
    await database.admin.query(`delete from t_${tenant}."UserProfile" where user_profile_id = 1`);
    expect(await admin.rows(`/data/user-profile/${other}`)).toMatchObject([{ boss: null }]);
    const held = await admin.refused(400, 'DELETE', `/manage/tables/${await idOf('Companys')}`);
    expect(held).toMatchObject({ code: 'has_dependents' });
    expect(held.message).toContain('UserProfile');
    const gone = await admin.call(
      'DELETE',
      `/manage/tables/${await idOf('Companys')}?cascade=true`,
    );
    expect(gone.message).toContain('UserProfile');
  });
});

async function idOf(name: string): Promise<number> {
  const all = (await admin.call('GET', '/manage/tables')).result as {
    table_name: string;
    table_id: number;
  }[];
  return all.find(({ table_name }) => table_name === name)?.table_id ?? 0;
}

import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { dataSvc } from '../../support/data-svc.ts';
import { createDatabase } from '../../support/database.ts';
import { monk } from '../../support/monk.ts';
import { pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';
import { taruvi } from '../../support/taruvi.ts';
import { rowsAt } from './stage.ts';

let app: TestApp;
let root: Principal;
let reader: Principal;
let outsider: Principal;

beforeAll(async () => {
  app = await startApp(await createDatabase());
  const tenant = await app.createTenant('others');
  root = principal(tenant, 'root', { access: 'root', roles: ['PGREST_ADMIN'] });
  reader = principal(tenant, 'reader', { access: 'read' });
  outsider = principal(tenant, 'outsider', { access: 'deny' });
}, 120_000);

describe('tables made in other dialects are there as app default', () => {
  it('with access lists and a trash', async () => {
    await monk(app, root).define('notes', {
      schema_name: 'notes',
      columns: [{ column_name: 'title', type: 'text', required: true }],
    });
    const [made] = await monk(app, root).create('notes', [{ title: 'a' }]);
    const rows = await taruvi(app, reader).rows(rowsAt('notes'));
    expect(rows).toMatchObject([{ id: made?.id, title: 'a' }]);
    expect(Object.keys(rows[0] ?? {})).toEqual(['id', 'title', 'created_at', 'updated_at']);
    expect((await taruvi(app, outsider).call('GET', rowsAt('notes'))).total).toBe(0);
    await taruvi(app, reader).refused(403, 'FORBIDDEN', 'DELETE', rowsAt('notes', `${made?.id}/`));
    await taruvi(app, root).call('PATCH', rowsAt('notes', `${made?.id}/`), {
      ...rows[0],
      title: 'b',
    });
    await taruvi(app, root).call('DELETE', rowsAt('notes', `${made?.id}/`));
    expect(await monk(app, root).ids('notes', {})).toEqual([]);
    await taruvi(app, root).call('POST', rowsAt('notes', `${made?.id}/restore/`));
    expect(await monk(app, root).ids('notes', {})).toEqual([made?.id]);
  });

  it('with grants', async () => {
    await pgrest(app, root).table({
      table_name: 'pets',
      root_url: 'pets',
      columns: { name: { data_type: 'varchar', char_len: 20 } },
    });
    const made = await taruvi(app, root).call('POST', rowsAt('pets'), { name: 'rex' }, 201);
    expect(made.data).toMatchObject({ name: 'rex' });
    expect((await taruvi(app, root).call('GET', rowsAt('pets'))).total).toBe(1);
    expect((await taruvi(app, reader).call('GET', rowsAt('pets'))).total).toBe(0);
    await taruvi(app, reader).refused(403, 'FORBIDDEN', 'POST', rowsAt('pets'), { name: 'tom' });
  });

  it('with lists on every object', async () => {
    const writer = { ...reader, sub: 'writer', access: 'edit' as const };
    const object = await dataSvc(app, writer).create({
      id: 'things_1',
      table: 'things',
      readers: ['writer'],
      data: { n: 1 },
    });
    const rows = await taruvi(app, writer).rows(rowsAt('things'));
    expect(rows).toMatchObject([{ id: object.id, data: { n: 1 } }]);
    expect((await taruvi(app, outsider).call('GET', rowsAt('things'))).total).toBe(0);
  });
});

import format from 'pg-format';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { type Monk, monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';

export const id = (number: number): string =>
  `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
export const visible = id(1);
export const hidden = id(2);
export const missing = id(3);
export const secret = 'confidential';

/** A tenant of whose rows ann may see some only, in REST and by a login. */
export interface Leaks {
  readonly database: TestDatabase;
  readonly app: TestApp;
  readonly tenant: string;
  readonly ann: Monk;
  readonly annUrl: string;
  /** Tables as SQL names them. */
  readonly parent: string;
  readonly child: string;
}

export async function openLeaks(): Promise<Leaks> {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = await app.createTenant('leaks');
  const boss = monk(app, principal(tenant, 'boss', { access: 'root', sudo: true }));
  const ann = monk(app, principal(tenant, 'ann', { access: 'edit' }));
  await boss.define('parent', {
    status: 'active',
    columns: [
      { column_name: 'code', type: 'text', unique: true, tracked: true },
      { column_name: 'note', type: 'text', searchable: true, immutable: true },
      { column_name: 'amount', type: 'integer', index: true },
      { column_name: 'price', type: 'decimal', index: true },
      { column_name: 'doc', type: 'jsonb' },
    ],
  });
  await boss.define('child', {
    status: 'active',
    columns: [
      { column_name: 'note', type: 'text' },
      {
        column_name: 'parent_id',
        type: 'uuid',
        relationship_type: 'owned',
        related_schema: 'parent',
        relationship_name: 'children',
      },
    ],
  });
  await boss.define('part', {
    status: 'active',
    columns: [
      { column_name: 'note', type: 'text' },
      {
        column_name: 'parent_id',
        type: 'uuid',
        relationship_type: 'owned',
        related_schema: 'parent',
        relationship_name: 'parts',
        cascade_delete: true,
      },
    ],
  });
  await boss.create('parent', [
    { id: visible, code: 'V', note: 'plain', amount: 1, price: '1.5', doc: { a: 1 } },
    {
      id: hidden,
      code: 'H',
      note: secret,
      amount: 7,
      price: '7.5',
      doc: { a: secret },
      access_full: ['boss'],
    },
  ]);
  await boss.create('parent', [
    { id: id(4), code: 'D', note: secret, access_delete: ['ann'] },
    { id: id(5), code: 'F', note: 'own', access_full: ['ann'] },
  ]);
  await boss.create('part', [
    { id: id(21), note: secret, parent_id: id(5), access_full: ['boss'] },
    { id: id(22), note: 'seen', parent_id: id(5) },
  ]);
  await boss.create('child', [
    { id: id(11), note: 'seen', parent_id: visible },
    { id: id(12), note: secret, parent_id: visible, access_full: ['boss'] },
    { id: id(13), note: secret, parent_id: hidden },
  ]);
  await database.admin.query('analyze');
  const annUrl = await createLogin(database, 'ann', principal(tenant, 'ann', { access: 'edit' }));
  const parent = format('%I.parent', `t_${tenant}`);
  const child = format('%I.child', `t_${tenant}`);
  return { database, app, tenant, ann, annUrl, parent, child };
}

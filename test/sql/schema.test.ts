/**
 * What is installed, as a text to be read: test/schema.sql. A change of the database shows as a difference of that file, privileges
 * and all. `npx vitest run test/sql/schema.test.ts -u` writes it anew.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';

const question = readFileSync(join(import.meta.dirname, '../support/schema-dump.sql'), 'utf8');

it('is what test/schema.sql says', async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = await app.createTenant('acme');
  const schemas = ['control', 'rowhouse', `t_${tenant}`];
  const { rows } = await database.admin.query<{ said: string }>(question, [schemas]);
  const text = rows
    .map(({ said }) => said)
    .join('\n\n')
    .replaceAll(tenant, 'acme');
  await expect(`${text}\n`).toMatchFileSnapshot('../schema.sql');
});

/** Who reads a view: random rules, roles in tokens and roles granted, in REST and as a login, against what is said of views. */
import fc from 'fast-check';
import format from 'pg-format';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import { inParallel } from '../support/parallel.ts';
import { type Pgrest, pgrest } from '../support/pgrest.ts';
import { principal } from '../support/principal.ts';
import { bounded, someOf } from '../support/seeded.ts';

const universal = ['PGREST_ADMIN', 'PGREST_WRITE', 'PGREST_READ', 'PGREST_USER'];
const grantable = ['PGREST_USER', 'PGREST_A', 'PGREST_B'];
const names = [
  ...universal,
  'PGREST_ROLE_ADMIN',
  'PGREST_A',
  'PGREST_B',
  'PGREST_a',
  'PGREST_A,PGREST_B',
  '{PGREST_A}',
  'it\'s "x" \\ % é😀',
];
const settings = bounded(30, 20);

/** Half of the people hold a role that reads views, so that it's the rules that decide. */
const token = fc.record(
  {
    roles: fc
      .tuple(someOf(names), fc.subarray(universal, { maxLength: 1 }), someOf(grantable))
      .map((parts) => [...new Set(parts.flat())]),
    access: fc.oneof(
      { weight: 5, arbitrary: fc.constant('edit' as const) },
      { weight: 1, arbitrary: fc.constant('root' as const) },
    ),
  },
  { noNullPrototype: true },
);
const people = fc.sample(token, { numRuns: 12, seed: settings.seed }).map((sent, at) => ({
  ...sent,
  sub: `u${at}`,
  granted: new Set<string>(),
}));
type Person = (typeof people)[number];

/** The oracle. */
function reads(person: Person, rules: readonly string[]): boolean {
  const held = new Set([...person.roles, ...person.granted]);
  if (person.access === 'root') held.add('PGREST_ADMIN');
  return universal.some((role) => held.has(role)) && rules.every((role) => held.has(role));
}

let app: TestApp;
let admin: Pgrest;
let logins: Logins;
let tenant: string;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('rules');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
  await admin.table({ table_name: 'items', columns: { n: { data_type: 'integer' } } });
  await admin.call('POST', '/data/items', { data: [{ n: 1 }, { n: 2 }] });
  await admin.call('POST', '/manage/views', { view_name: 'low', raw_sql: 'select n from items' });
  await admin.call('POST', '/manage/views', { view_name: 'high', raw_sql: 'select n from low' });
  const custom = grantable.filter((role) => !universal.includes(role));
  for (const role_name of custom) {
    await admin.call('POST', '/manage/roles', { role_name, description: 'of a test' });
  }
  logins = await createLogins(
    database,
    people.map((person) => [person.sub, principal(tenant, person.sub, person)]),
  );
});

const change = fc.record(
  {
    who: fc.nat(people.length - 1),
    role: fc.constantFrom(...grantable),
    low: someOf(names),
    high: someOf(names),
  },
  { noNullPrototype: true },
);

it('those who hold a role that reads views and every role of the rules, as both stand', async () => {
  const answers = { yes: 0, no: 0 };
  const check = async (person: Person, view: string, rules: string[], shows: boolean) => {
    const may = reads(person, rules);
    const who = principal(tenant, person.sub, person);
    const reply = await app.request('GET', `/v3/pgrest/views/${view}`, { as: who });
    const label = `${view} ${JSON.stringify({ rules, ...person, granted: [...person.granted] })}`;
    expect(reply.status, `${label} ${reply.text}`).toBe(may ? 200 : 403);
    const rows = may && shows ? [{ n: 1 }, { n: 2 }] : [];
    if (may) expect((reply.body as { result: unknown }).result, label).toEqual(rows);
    const found = await logins
      .client(person.sub)
      .query(format('select n from %I.%I order by n', `t_${tenant}`, view));
    expect(found.rows, label).toEqual(rows);
    answers[may ? 'yes' : 'no']++;
  };
  await fc.assert(
    fc.asyncProperty(change, async ({ who, role, low, high }) => {
      const person = people[who] as Person;
      const method = person.granted.has(role) ? 'revoke' : 'grant';
      await admin.call('POST', `/manage/roles/${role}`, { method, username: person.sub });
      if (!person.granted.delete(role)) person.granted.add(role);
      await admin.call('PUT', '/manage/views/low', { permission_rules: low });
      await admin.call('PUT', '/manage/views/high', { permission_rules: high });
      await inParallel(people, async (each) => {
        await check(each, 'low', low, true);
        await check(each, 'high', high, reads(each, low));
      });
    }),
    settings,
  );
  expect(Math.min(answers.yes, answers.no)).toBeGreaterThan(0);
}, 60_000);

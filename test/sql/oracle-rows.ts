import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway } from '../support/sql.ts';
import { createTenant, one } from './fixture.ts';

export const secret = 'confidential';

const lists = { timestamps: true, softDelete: false, acl: true, history: false };
const note = { name: 'note', type: { base: 'text' } };
const amount = { name: 'amount', type: { base: 'integer' } };
/** In modes acl, lists and grants, and one that refers to the first. */
export const tables = [
  { name: 'papers', features: lists, columns: [note, amount] },
  { name: 'objects', features: lists, access: 'lists', columns: [note, amount] },
  { name: 'shared', features: { ...lists, acl: false }, access: 'grants', columns: [note, amount] },
  {
    name: 'pages',
    features: lists,
    columns: [{ name: 'paper', type: { base: 'uuid' } }],
    references: [
      {
        name: 'pages_paper_fkey',
        columns: ['paper'],
        target: { app: 'default', name: 'papers' },
        targetColumns: ['id'],
      },
    ],
  },
];

/** A tenant with rows that only ann may see, and a login of eve. */
export interface Oracle {
  readonly database: TestDatabase;
  readonly tenant: string;
  /** The schema as SQL names it, and so the role of its callers. */
  readonly s: string;
  readonly eve: string;
  readonly loginUrl: string;
  /** The key of a row of papers. */
  readonly hidden: string;
}

export async function openOracle(): Promise<Oracle> {
  const database = await createDatabase();
  const tenant = await createTenant(database, 'oracle', tables);
  const s = `"t_${tenant}"`;
  const eve = database.slug('eve');
  const loginUrl = await createLogin(database, 'eve', principal(tenant, 'eve', { access: 'full' }));
  const ann = principal(tenant, 'ann', { access: 'root', sudo: true });
  const hidden = await asGateway(
    database,
    ann,
    async (client) => {
      const own = `${s}.acl(read => '{ann}', edit => '{ann}', "full" => '{ann}')`;
      const row = await one(
        client,
        `insert into ${s}.papers (note, amount, _acl) values ('${secret}', 7, ${own}) returning id`,
      );
      await client.query(
        `insert into ${s}.papers (note, amount)
           select 'seen ' || n, n % 5 from generate_series(1, 300) as n`,
      );
      await client.query(
        `insert into ${s}.objects (note, amount, _acl)
           values ('${secret}', 7, ${s}._rowhouse_lists_acl('{ann}', '{ann}', '{}', '{ann}', '{}', '{ann}'))`,
      );
      await client.query(
        `insert into ${s}.pages (paper, _acl) select id, ${own} from ${s}.papers where note = 'seen 1'`,
      );
      return String(row['id']);
    },
    { commit: true },
  );
  await database.admin.query('analyze');
  return { database, tenant, s, eve, loginUrl, hidden };
}

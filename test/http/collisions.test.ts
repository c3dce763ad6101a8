/** Requests that collide: each is done or refused as a collision, none as a faulty row. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { type Monk, monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';

it('changes of access lists at one time are repeated, not taken for faulty rows', async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = await app.createTenant('collisions');
  const rest = monk(app, principal(tenant, 'boss', { access: 'root' }));
  await rest.define('note', { columns: [{ column_name: 'n', type: 'integer' }] });
  const [note] = await rest.create('note', [{ n: 0, access_full: ['boss'] }]);
  const one = `/api/data/note/${note?.id}`;
  const where = `/api/data/note?where=${encodeURIComponent(JSON.stringify({ id: note?.id }))}`;
  const statuses = new Map<number, number>();
  // The same few lists over and over: combinations that were there before the statements began.
  for (let round = 0; round < 12; round++) {
    const replies = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name, at) =>
        at % 2 === 0
          ? rest.send('PUT', one, { access_full: ['boss'], access_read: [name] })
          : rest.send('PUT', where, { access_full: ['boss'], access_edit: [name], n: at }),
      ),
    );
    for (const { status, text } of replies) {
      expect([200, 409], text).toContain(status);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  expect(statuses.get(200)).toBeGreaterThan(40);
});

describe.each(['40P01', '40001'])('a collision that Postgres ends with %s', (code) => {
  let rest: Monk;
  let rows: () => Promise<number>;
  let tries: () => Promise<number>;
  const paths = {
    write: '/api/data/note',
    several: '/api/bulk',
    file: '/api/apps/default/datatables/note/data/import/?format=json',
  };

  beforeAll(async () => {
    const database = await createDatabase();
    const app = await startApp(database);
    const tenant = await app.createTenant('ended');
    rest = monk(app, principal(tenant, 'boss', { access: 'root' }));
    await rest.define('note', { columns: [{ column_name: 'n', type: 'integer' }] });
    await database.admin.query(
      `create sequence tries;
       create function collide() returns trigger language plpgsql security definer as
         $$ begin
              if nextval('public.tries') = 1 then raise 'collided' using errcode = tg_argv[0]; end if;
              return null;
            end $$;
       create trigger collide after insert on "t_${tenant}".note
         for each statement execute function collide('${code}')`,
    );
    rows = async () => {
      const found = await database.admin.query(`select from "t_${tenant}".note`);
      return found.rows.length;
    };
    tries = async () => {
      const { rows: found } = await database.admin.query<{ n: number }>(
        'select last_value::int as n from tries',
      );
      await database.admin.query(`truncate "t_${tenant}".note; alter sequence tries restart`);
      return found[0]?.n ?? 0;
    };
  });

  it('is tried again, and done once', async () => {
    expect((await rest.send('POST', paths.write, { n: 1 })).status).toBe(200);
    expect([await rows(), await tries()]).toEqual([1, 2]);
  });

  it('is tried again with all statements of its transaction', async () => {
    const operation = (n: number) => ({ operation: 'create-one', schema: 'note', data: { n } });
    const reply = await rest.send('POST', paths.several, {
      operations: [operation(1), operation(2)],
    });
    expect(reply.status, reply.text).toBe(200);
    expect([await rows(), await tries()]).toEqual([2, 3]);
  });

  it('is tried again with all rows of its file', async () => {
    const reply = await rest.send('POST', paths.file, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(reply.status, reply.text).toBe(200);
    expect([await rows(), await tries()]).toEqual([3, 2]);
  });
});

/** A table made in any dialect is read and written through every other one and through SQL, under the same rights. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import {
  asking,
  type Deed,
  Denied,
  type Door,
  type DoorName,
  doorNames,
  limits,
  listless,
  lists,
  type Place,
  places,
  Refused,
  restDoor,
  sqlDoor,
  type Values,
} from '../support/doors.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import { principal } from '../support/principal.ts';

let app: TestApp;
let tenant: string;
let logins: Logins;

type Who = 'maker' | 'reader' | 'outsider';

/** The role that lets in to PgREST, where that alone is no right to the rows. */
const inside = ['PGREST_WRITE'];

/** Who may do everything, may only read, and may nothing with the tables of an access mode. */
const people = {
  acl: { reader: { access: 'read', roles: inside }, outsider: { access: 'deny', roles: inside } },
  grants: {
    reader: { access: 'edit', roles: ['PGREST_READ'] },
    outsider: { access: 'edit', roles: [] },
  },
  policy: {
    reader: { access: 'edit', roles: [...inside, 'readers'] },
    outsider: { access: 'edit', roles: inside },
  },
  lists: {
    reader: { access: 'read', roles: inside },
    outsider: { access: 'read', roles: inside },
  },
} as const;

const modes = ['acl', 'grants', 'policy', 'lists'] as const;
const everyone = ['maker', 'reader', 'outsider'] as const;

function person(who: Who, access: Place['access']) {
  if (who === 'maker') return principal(tenant, who, { access: 'root', roles: ['PGREST_ADMIN'] });
  return principal(tenant, who, people[access][who]);
}

function door(name: DoorName, place: Place, who: Who): Door {
  return name === 'SQL'
    ? sqlDoor(place, logins.client(`${place.access} ${who}`))
    : restDoor(name, place, asking(app, person(who, place.access)));
}

function limitOf(place: Place, name: DoorName, deed: Deed): string | undefined {
  return limits.find(
    ({ made, door: of, deeds }) => made === place.made && of === name && deeds.includes(deed),
  )?.reason;
}

/** The n-th door from one on that can do something with a table. */
function next(place: Place, from: number, deed: Deed): DoorName {
  const [name = 'SQL'] = [...doorNames, ...doorNames]
    .slice(from)
    .filter((each) => limitOf(place, each, deed) === undefined);
  return name;
}

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('doors');
  const ask = asking(app, person('maker', 'acl'));
  await ask('POST', '/api/describe/notes', {
    status: 'active',
    columns: [
      { column_name: 'title', type: 'text', required: true },
      { column_name: 'n', type: 'integer' },
    ],
  });
  await ask('POST', '/v3/pgrest/manage/tables', {
    table_name: 'pets',
    columns: { title: { data_type: 'text' }, n: { data_type: 'integer' } },
  });
  const field = (name: string, type: string) => ({ name, type });
  const values = [field('title', 'string'), field('n', 'integer')];
  const keyed = [field('id', 'integer'), ...values];
  const tables = '/api/apps/default/datatables/';
  await ask('POST', tables, { name: 'flat', json_schema: { fields: keyed } });
  await ask('POST', tables, {
    name: 'held',
    provider_type: 'jsonb',
    datasource: 'objects',
    json_schema: { fields: keyed },
  });
  await ask('POST', tables, {
    name: 'pairs',
    json_schema: {
      fields: [field('a', 'string'), field('b', 'integer'), ...values],
      primaryKey: ['a', 'b'],
    },
  });
  for (const name of ['flat', 'held', 'pairs']) {
    const rule = { actions: ['read'], effect: 'EFFECT_ALLOW', roles: ['readers'] };
    await ask('POST', '/api/apps/default/policies/', {
      apiVersion: 'api.cerbos.dev/v1',
      resourcePolicy: { resource: `datatable:${name}`, version: 'default', rules: [rule] },
    });
  }
  await ask('POST', '/data-svc/object', { object: { table: 'things' } });
  logins = await createLogins(
    database,
    modes.flatMap((mode) => everyone.map((who) => [`${mode} ${who}`, person(who, mode)] as const)),
  );
}, 120_000);

/** A row made through a door, listed by its author where the door has no words for that. */
async function made(place: Place, name: DoorName, values: Values): Promise<string> {
  const id = await door(name, place, 'maker').create(values);
  if (place.access === 'lists' && listless.includes(name)) {
    await expect(door('SQL', place, 'maker').one(id)).rejects.toThrow(Denied);
    await asking(app, person('maker', 'lists'))('PUT', `/data-svc/object/${id}`, {
      object: {
        table: place.name,
        readers: lists.read,
        writers: lists.edit,
        deleters: lists.delete,
      },
    });
  }
  return id;
}

/** What every door must show: the row, or that there is none. */
async function seen(place: Place, who: Who, id: string, values: Values | undefined): Promise<void> {
  const title = values?.title ?? id;
  for (const name of doorNames) {
    const through = door(name, place, who);
    const label = `${name}, ${who}`;
    if (limitOf(place, name, 'one') === undefined) {
      if (values) expect(await through.one(id), label).toEqual(values);
      else await expect(through.one(id), label).rejects.toThrow(Denied);
    }
    if (limitOf(place, name, 'find') === undefined) {
      const found = await through.find(title).catch((error: unknown) => {
        if (error instanceof Denied && !values) return [];
        throw error;
      });
      expect(found, label).toEqual(values ? [id] : []);
    }
  }
}

describe.each(places)('a table made in $made', (place) => {
  it.each(doorNames)(
    'takes rows from %s, and the others read, change and delete them',
    async (name) => {
      if (limitOf(place, name, 'create') !== undefined) return;
      const at = doorNames.indexOf(name);
      const first = { title: `from ${name}`, n: 100 + at };
      const id = await made(place, name, first);
      await seen(place, 'maker', id, first);
      await seen(place, 'reader', id, first);
      await seen(place, 'outsider', id, undefined);
      // Each of the other doors changes it once, as the one before has left it.
      for (let step = 1; step < doorNames.length; step++) {
        const changed = { title: first.title, n: 200 + step };
        await door(next(place, at + step, 'change'), place, 'maker').change(id, changed);
        await seen(place, 'maker', id, changed);
      }
      await door(next(place, at + 1, 'remove'), place, 'maker').remove(id);
      await seen(place, 'maker', id, undefined);
    },
  );

  it.each(doorNames)('is closed in %s to who has no right', async (name) => {
    const values = { title: `kept from ${name}`, n: doorNames.indexOf(name) };
    const id = await made(place, 'SQL', values);
    for (const who of ['reader', 'outsider'] as const) {
      const through = door(name, place, who);
      const deeds: readonly (readonly [Deed, () => Promise<unknown>])[] = [
        ['create', () => through.create({ ...values, title: `${values.title} by ${who}` })],
        ['change', () => through.change(id, { ...values, n: 7 })],
        ['remove', () => through.remove(id)],
      ];
      for (const [deed, attempt] of deeds) {
        if (limitOf(place, name, deed) !== undefined) continue;
        await expect(attempt(), `${who} ${deed}`).rejects.toThrow(Denied);
      }
    }
    await seen(place, 'maker', id, values);
    await door('SQL', place, 'maker').remove(id);
  });
});

describe('what a door cannot do', () => {
  it.each(
    limits.flatMap(({ made: of, door: name, deeds }) =>
      deeds.map((deed) => [of, name, deed] as const),
    ),
  )('%s through %s: %s is refused as a fault of the request', async (of, name, deed) => {
    const place = places.find((each) => each.made === of);
    if (!place) throw new Error(`no table made in ${of}`);
    const values = { title: `${name} ${deed}`, n: 1 };
    const id = await made(place, 'SQL', values);
    const through = door(name, place, 'maker');
    const attempts: Readonly<Record<Deed, () => Promise<unknown>>> = {
      create: () => through.create(values),
      one: () => through.one(id),
      find: () => through.find(values.title),
      change: () => through.change(id, values),
      remove: () => through.remove(id),
    };
    await expect(attempts[deed]()).rejects.toThrow(Refused);
    expect(await door('SQL', place, 'maker').one(id)).toEqual(values);
    await door('SQL', place, 'maker').remove(id);
  });
});

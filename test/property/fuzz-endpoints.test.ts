/**
 * Hostile requests to every endpoint, as every kind of caller: no reply is a fault of the server or shows what its caller may not know,
 * and nothing changes that is not the caller's. A failure prints the seed of its run; docs/architecture.md says how to run it longer.
 */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../control-plane/http/exchange.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type Dice, dice } from '../support/fuzz/dice.ts';
import { endpoints } from '../support/fuzz/endpoints.ts';
import { boss, furnish, type Places, placesOf, restock } from '../support/fuzz/furnish.ts';
import { grown } from '../support/fuzz/grown.ts';
import { oddTokens } from '../support/fuzz/odd-tokens.ts';
import { everythingOf, faultsOf, rowsWith } from '../support/fuzz/oracle.ts';
import { bytesOf, type Draft, draftOf, mutatedDraft } from '../support/fuzz/request.ts';
import { madeUp, samplesOf, wordsOf } from '../support/fuzz/samples.ts';
import { exchange, type WireReply } from '../support/fuzz/wire.ts';
import { inParallel } from '../support/parallel.ts';
import { principal, tokenFor } from '../support/principal.ts';
import { enoughFor, forSeconds } from '../support/seeded.ts';
import { difference } from '../support/snapshot.ts';

/** How long to go on, and how many requests between two looks at what must not change. */
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 20);
const batch = 400;
/** A pattern of `METHOD /path`: hostile requests go to these endpoints only. */
const chosen = endpoints.filter((each) =>
  new RegExp(process.env['FUZZ_ONLY'] ?? '').test(keyOf(each)),
);

/** In every hidden row of the fuzzed tenants, and in everything of the tenant that nobody calls. */
const hidden = `hidden${randomBytes(6).toString('hex')}`;
const foreign = `foreign${randomBytes(6).toString('hex')}`;

interface Caller {
  readonly name: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly places: () => Places;
  readonly secrets: readonly string[];
}

function keyOf({ method, path }: Pick<Endpoint, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

let database: TestDatabase;
let app: TestApp;
let port: number;
let lab: string;
let own: string;
let canary: string;
let places: { lab: Places; own: Places };
let callers: readonly Caller[];
/** May define everything in the lab. */
let admin: Caller;
let operator: Caller;
let odd: Caller;
let oddOnes: readonly string[];
let canaryBefore: readonly string[];
let hiddenBefore: readonly string[];

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database, {
    ROWHOUSE_OPEN_REGISTRATION: 'true',
    ROWHOUSE_STATEMENT_TIMEOUT: '5s',
    ROWHOUSE_MAX_BODY: '2mb',
  });
  port = Number(new URL(app.url).port);
  lab = await app.createTenant('lab');
  own = await app.createTenant('own');
  canary = await app.createTenant(`c${randomBytes(4).toString('hex')}`);
  await Promise.all([
    furnish(app, lab, `lab${hidden}`),
    furnish(app, own, hidden),
    furnish(app, canary, foreign),
  ]);
  await furnishCanary();
  places = { lab: await placesOf(app, lab), own: await placesOf(app, own) };
  canaryBefore = await everythingOf(database, canary);
  hiddenBefore = await rowsWith(database, own, hidden);
  expect(hiddenBefore.length).toBeGreaterThan(8);
  await castCallers();
});

/** Names of its own in every part of the model. */
async function furnishCanary(): Promise<void> {
  const as = boss(canary);
  for (const [path, body] of [
    [`/api/describe/${foreign}`, { columns: [{ column_name: foreign, type: 'text' }] }],
    [
      '/v3/pgrest/manage/tables',
      { table_name: `p${foreign}`, columns: { a: { data_type: 'text' } } },
    ],
    ['/v3/pgrest/manage/roles', { role_name: `PGREST_${foreign}`, description: foreign }],
    ['/api/apps', { name: foreign }],
    ['/api/sudo/users', { name: foreign, auth: foreign, access: 'read' }],
  ] as const) {
    const reply = await app.request('POST', path, { as, body });
    expect(reply.status, `${path} ${reply.text}`).toBeLessThan(300);
  }
}

async function castCallers(): Promise<void> {
  const bearer = async (of: Parameters<typeof tokenFor>[0], secret = app.secret) =>
    ['authorization', `Bearer ${await tokenFor(of, secret)}`] as const;
  const secrets = [hidden, foreign, canary];
  const ofOwn = (name: string, headers: Caller['headers']): Caller => ({
    name,
    headers,
    places: () => places.own,
    secrets,
  });
  const roles = ['PGREST_WRITE', 'PGREST_READ'];
  const ann = await bearer(principal(own, 'ann', { roles }));
  admin = {
    name: 'boss',
    headers: [await bearer(boss(lab))],
    places: () => places.lab,
    secrets: [foreign, canary],
  };
  const user = principal(lab, 'uma', { roles: ['editor', 'PGREST_WRITE'], attributes: { x: 'a' } });
  const labUser = { ...admin, name: 'user', headers: [await bearer(user)] };
  odd = ofOwn('odd', []);
  oddOnes = await oddTokens(own, app.secret);
  callers = [
    labUser,
    labUser,
    ...Array.from({ length: 9 }, () => admin),
    ...Array.from({ length: 4 }, () => ofOwn('ann', [ann])),
    ofOwn('reader', [
      await bearer(principal(own, 'rita', { access: 'read', roles: roles.slice(1) })),
    ]),
    ofOwn('nobody', [['x-tenant', own]]),
    ofOwn('stranger', [ann, ['x-tenant', canary]]),
    ofOwn('nobody there', [['x-tenant', canary]]),
    // One of many is drawn: see callerOf.
    odd,
    odd,
    ofOwn('forger', [await bearer(boss(canary), 'x'.repeat(40))]),
  ];
  const { tenant: _, ...nowhere } = principal('', 'operator', { operator: true });
  // An operator may know the names of all tenants, and nothing of what is in them.
  operator = { ...admin, name: 'operator', headers: [await bearer(nowhere)], secrets: [foreign] };
}

function callerOf(endpoint: Endpoint, of: Dice): Caller {
  const operators = endpoint.path.startsWith('/admin') || endpoint.path === '/auth/tenants';
  const caller = operators && !of.rarely(4) ? operator : of.one(callers);
  if (caller !== odd) return caller;
  return { ...odd, headers: [['authorization', `Bearer ${of.one(oddOnes)}`]] };
}

/** A request to some endpoint: a right one with something about it changed, or one out of a grammar. */
function draw(of: Dice): { readonly caller: Caller; readonly draft: Draft } {
  const endpoint = of.one(chosen);
  const caller = callerOf(endpoint, of);
  const { method, path } = endpoint;
  const made = of.rarely(3) ? undefined : grown(keyOf(endpoint), of);
  if (made !== undefined && !of.rarely(5)) return { caller, draft: draftOf(method, path, made) };
  const sample = made ?? of.one(samplesOf(caller.places())[keyOf(endpoint)] ?? [madeUp]);
  return { caller, draft: mutatedDraft(method, path, sample, wordsOf(endpoint), of) };
}

async function send(draft: Draft, caller: Caller): Promise<WireReply | undefined> {
  return await exchange(port, bytesOf(draft, caller.headers));
}

/** What is wrong with the answer, with everything needed to look into it. */
function judged(draft: Draft, caller: Caller, reply: WireReply | undefined): readonly string[] {
  const query = draft.query.map((pair) => pair.join('=')).join('&');
  const target = `${draft.path}?${query}`;
  const heads = [...caller.headers, ...draft.headers].flat().join(' ');
  const sent = `${target} ${decoded(target)} ${heads} ${draft.body?.toString() ?? ''}`;
  const { secrets } = caller;
  return faultsOf({ method: draft.method, reply, secrets, sent }).map((fault) => {
    const body = draft.body?.toString().slice(0, 1_500) ?? '';
    const answer = `${reply?.status} ${reply?.text.slice(0, 600)}`;
    const log = reply?.status === 500 ? `\n  ${app.faults.at(-1)?.slice(0, 1_500)}` : '';
    return `${fault}\n  ${caller.name}: ${draft.method} ${target.slice(0, 1_500)}\n  ${JSON.stringify(draft.headers)}\n  ${body}\n  ${answer}${log}`;
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** What holds after any number of requests. */
async function unharmed(): Promise<void> {
  expect(difference(canaryBefore, await everythingOf(database, canary))).toEqual([]);
  expect(difference(hiddenBefore, await rowsWith(database, own, hidden))).toEqual([]);
  expect((await app.request('GET', '/ready')).status).toBe(200);
  expect(process.memoryUsage().rss).toBeLessThan(1.5 * 2 ** 30);
}

describe('every endpoint', () => {
  it('answers a right request', async () => {
    const samples = samplesOf(places.lab);
    const refused: string[] = [];
    // What takes things away comes last.
    const order = endpoints.toSorted((a, b) => rank(a) - rank(b));
    for (const endpoint of order) {
      const caller = /^\/(admin|auth\/tenants)/.test(endpoint.path) ? operator : admin;
      const known = samples[keyOf(endpoint)];
      for (const sample of known ?? [madeUp]) {
        const draft = draftOf(endpoint.method, endpoint.path, sample);
        const reply = await send(draft, caller);
        expect(judged(draft, caller, reply).join('\n')).toBe('');
        const status = reply?.status ?? 0;
        // 409: done already under the other address of the same endpoint. What is made up need not be right.
        if (status < 300 || status === 409 || known === undefined) continue;
        refused.push(`${keyOf(endpoint)}: ${status} ${reply?.text.slice(0, 300)}`);
      }
    }
    expect(refused.join('\n')).toBe('');
    const known = new Set(endpoints.map(keyOf));
    expect(Object.keys(samples).filter((key) => !known.has(key))).toEqual([]);
  });

  it(
    'withstands hostile ones',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.noBias(fc.nat()),
          forSeconds(seconds, 1, async (seed) => {
            const [inLab, inOwn] = await Promise.all([
              restock(app, lab, 'everything'),
              restock(app, own, 'rows'),
            ]);
            places = { lab: inLab, own: inOwn };
            const of = dice(seed);
            const drafts = Array.from({ length: batch }, () => draw(of));
            const faults: string[] = [];
            await inParallel(drafts, async ({ caller, draft }) => {
              faults.push(...judged(draft, caller, await send(draft, caller)));
            });
            expect(faults.slice(0, 40).join('\n')).toBe('');
            await unharmed();
          }),
        ),
        enoughFor(seconds),
      );
    },
    120_000 + seconds * 2_000,
  );

  it('was reached', async () => {
    const { text } = await app.request('GET', '/metrics');
    const counted =
      /^rowhouse_http_request_duration_seconds_count\{dialect="[^"]*",route="([^"]*)",method="([A-Z]+)",status="(\d+)"/gm;
    const reached = new Set(
      [...text.matchAll(counted)]
        .filter(([, , , status]) => status !== '404' && status !== '405')
        .map(([, route, method]) => `${method} ${route}`),
    );
    expect(
      endpoints.map(keyOf).filter((key) => !reached.has(key) && key !== 'GET /metrics'),
    ).toEqual([]);
  });
});

/** Things before what holds them. */
function rank({ method, path }: Endpoint): number {
  return method === 'DELETE' ? 100 - path.split('/').length : 0;
}

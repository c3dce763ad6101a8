import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type {
  Action,
  DialectRequest,
  Reply,
  Route,
} from '../../../control-plane/dialects/dialect.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Principal } from '../../../control-plane/model/principal.ts';
import { toServiceError } from '../../../control-plane/pg/sqlstate.ts';
import type { Call } from '../../../control-plane/service/call.ts';
import { createEngine, type EngineParts } from '../../../control-plane/service/engine.ts';

const principal: Principal = {
  sub: 'ann',
  tenant: 'acme',
  roles: [],
  orgs: [],
  access: 'edit',
  sudo: false,
  operator: false,
};
const request: DialectRequest = {
  method: 'GET',
  params: {},
  query: new Map(),
  headers: {},
  body: undefined,
  id: 'r1',
};
const done: Reply = { status: 200, body: 'done' };
const catalog = (version: number): Catalog => ({
  tenant: 'acme',
  schema: 't_acme',
  version,
  tables: [],
});

const databaseError = (code: string): Error =>
  Object.assign(new Error('told by Postgres'), { code, severity: 'ERROR' });

const unexpected = () => Promise.reject(new Error('not expected'));

function engine(parts: Partial<EngineParts>) {
  return createEngine({
    limits: { rows: 10_000 },
    load: async () => catalog(1),
    known: async () => new Set(),
    confirm: async () => undefined,
    execute: unexpected,
    define: unexpected,
    loadRows: unexpected,
    importFile: unexpected,
    exportRows: unexpected,
    account: unexpected,
    measure: unexpected,
    operations: unexpected,
    ready: async () => true,
    ...parts,
  });
}

function call(handle: Route['handle'], more: Partial<Call> = { principal }): Call {
  return {
    route: { method: 'GET', path: '/x', handle },
    request,
    signal: new AbortController().signal,
    identify: async () => undefined,
    ...more,
  };
}

/** What Postgres says of a statement that a definition has overtaken. */
const overtaken: readonly (readonly [what: string, code: string])[] = [
  ['no such operator', '42883'],
  ['another type', '42804'],
  ['a cached plan of before', '0A000'],
  ['no such type', '42704'],
  ['no such index for a conflict', '42P10'],
  ['a table that went while it was opened', 'XX000'],
];

const reading = (fail?: (error: ServiceError) => ServiceError): Action => ({
  kind: 'statements',
  statements: [],
  reply: () => done,
  ...(fail === undefined ? {} : { fail }),
});

describe('perform', () => {
  it('runs the route again on a fresh catalog when the first was stale', async () => {
    const loads: boolean[] = [];
    const versions: number[] = [];
    const { perform } = engine({
      load: async (_, fresh) => {
        loads.push(fresh);
        return catalog(loads.length);
      },
      execute: async (_, { version }) => {
        if (version < 2) throw new ServiceError('stale_catalog');
        return [];
      },
    });
    const reply = await perform(
      call((_, context) => {
        versions.push(context.catalog.version);
        return reading(() => new ServiceError('internal'));
      }),
    );
    expect(reply).toBe(done);
    expect(loads).toEqual([false, true]);
    expect(versions).toEqual([1, 2]);
  });

  it('asks whether the catalog is current before it answers or refuses by it', async () => {
    const stale = (version: number) => {
      if (version < 2) throw new ServiceError('stale_catalog');
    };
    const run = (handle: Route['handle']) => {
      let loads = 0;
      return engine({
        load: async () => catalog(++loads),
        confirm: async ({ version }) => stale(version),
        execute: async (_, { version }) => {
          if (version < 2) throw new ServiceError('column_not_found');
          return [];
        },
      }).perform(call(handle));
    };
    const answered = await run((_, context) => ({
      kind: 'reply',
      reply: { status: 200, body: String(context.catalog.version) },
    }));
    expect(answered.body).toBe('2');
    const refused = await run((_, context) => {
      if (context.catalog.version < 2) throw new ServiceError('table_not_found');
      return { kind: 'reply', reply: done };
    });
    expect(refused).toBe(done);
    expect(await run(() => reading())).toBe(done);
    await expect(
      run(() => {
        throw new ServiceError('table_not_found');
      }),
    ).rejects.toMatchObject({ kind: 'table_not_found' });
  });

  it('an inactive tenant is a bad token', async () => {
    const { perform } = engine({
      confirm: async () => {
        throw new ServiceError('tenant_mismatch');
      },
    });
    await expect(perform(call(() => ({ kind: 'reply', reply: done })))).rejects.toMatchObject({
      kind: 'token_invalid',
    });
  });

  it('gives up on a catalog that is never current', async () => {
    let runs = 0;
    const { perform } = engine({
      execute: async () => {
        runs++;
        throw new ServiceError('stale_catalog');
      },
    });
    await expect(perform(call(() => reading()))).rejects.toMatchObject({ kind: 'stale_catalog' });
    expect(runs).toBe(8);
  });

  it.each(overtaken)(
    'plans anew when it met %s (%s) and the definitions had changed',
    async (_, code) => {
      const unforeseen = toServiceError(databaseError(code));
      expect(unforeseen.kind).toBe('internal');
      const run = (latest: number) => {
        const versions: number[] = [];
        const made = engine({
          load: async (_tenant, fresh) => catalog(fresh ? latest : 1),
          execute: async (_statements, { version }) => {
            versions.push(version);
            if (version === 1) throw unforeseen;
            return [];
          },
        }).perform(call(() => reading(() => new ServiceError('row_not_found'))));
        return { versions, made };
      };
      const late = run(2);
      expect(await late.made).toBe(done);
      expect(late.versions).toEqual([1, 2]);
      // The same definitions as before: nothing came between, so the fault is ours.
      const wrong = run(1);
      await expect(wrong.made).rejects.toBe(unforeseen);
      expect(wrong.versions).toEqual([1]);
    },
  );

  it('does not plan anew for what is no error of Postgres', async () => {
    let runs = 0;
    const { perform } = engine({
      load: async () => catalog(++runs),
      execute: async () => {
        throw new ServiceError('internal', undefined, {}, { cause: new TypeError('bug') });
      },
    });
    await expect(perform(call(() => reading()))).rejects.toMatchObject({ kind: 'internal' });
    expect(runs).toBe(1);
  });

  it('lets the action word its own failure, and only errors that are ours', async () => {
    const failing = (error: Error) =>
      engine({ execute: () => Promise.reject(error) }).perform(
        call(() => reading((was) => new ServiceError('row_not_found', was.message))),
      );
    await expect(failing(new ServiceError('forbidden', 'why'))).rejects.toMatchObject({
      kind: 'row_not_found',
      message: 'why',
    });
    await expect(failing(new TypeError('bug'))).rejects.toBeInstanceOf(TypeError);
  });

  it('a tenant that is gone is a bad token; a database that is down is not', async () => {
    const with_ = (kind: 'tenant_not_found' | 'database_unavailable') =>
      engine({ load: () => Promise.reject(new ServiceError(kind)) }).perform(call(() => reading()));
    await expect(with_('tenant_not_found')).rejects.toMatchObject({
      kind: 'token_invalid',
      detail: {},
    });
    await expect(with_('database_unavailable')).rejects.toMatchObject({
      kind: 'database_unavailable',
    });
  });

  it('a public route sees no principal and no catalog', async () => {
    const seen: unknown[] = [];
    const { perform } = engine({ load: unexpected });
    await perform(
      call((_, context) => {
        seen.push(context.principal.access, context.principal.tenant, context.catalog.tables);
        return { kind: 'reply', reply: done };
      }, {}),
    );
    expect(seen).toEqual(['deny', undefined, []]);
  });
});

describe('the catalog of a caller', () => {
  const caller = { principal, requestId: 'r1', signal: new AbortController().signal };
  const table = (id: number) => ({ id }) as Catalog['tables'][number];
  /** Asks Postgres by version 1, which fails, and by the latest. */
  const ask = (latest: number, error: Error) => {
    const fresh: number[] = [];
    const { catalog: known } = engine({
      load: async (_, again) => {
        if (again) fresh.push(latest);
        return { ...catalog(again ? latest : 1), tables: [table(1), table(2)] };
      },
      known: async ({ version }) => {
        if (version === 1) throw error;
        return new Set([2]);
      },
    });
    return { answer: known(caller), fresh };
  };

  const reasons: readonly (readonly [what: string, error: Error])[] = [
    ['an old version', new ServiceError('stale_catalog')],
    ...overtaken.map(([what, code]) => [what, toServiceError(databaseError(code))] as const),
  ];
  it.each(reasons)('is asked for anew after %s', async (_, error) => {
    const { answer, fresh } = ask(2, error);
    expect(await answer).toEqual({ ...catalog(2), tables: [table(2)] });
    expect(fresh).toEqual([2]);
  });

  it('is not when none did, and an inactive tenant is a bad token', async () => {
    const wrong = toServiceError(databaseError('42883'));
    await expect(ask(1, wrong).answer).rejects.toBe(wrong);
    await expect(ask(1, new ServiceError('tenant_mismatch')).answer).rejects.toMatchObject({
      kind: 'token_invalid',
    });
  });
});

import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { parseJson } from '../base/parse-json.ts';
import { sql, toQuery } from '../base/sql.ts';
import type { Placement } from '../pg/placement.ts';
import type { Entry, Runner, Session } from '../pg/session.ts';
import { toServiceError } from '../pg/sqlstate.ts';
import type { Result } from '../statement/statement.ts';
import { entryOf, only, perform } from './execute.ts';
import type { ReadPages } from './export.ts';
import { Handoff } from './handoff.ts';

/** A reader that takes no page for so long, in milliseconds, is given up: others want the connection, and the snapshot keeps dead rows. */
const longEnough = 20_000;

/**
 * Whether a table that the transaction has read was written anew after its snapshot: to that snapshot it is empty (manual, MVCC caveats).
 * Functions tell the file a table has now, the rows of pg_class the one it had then.
 */
const rewritten = toQuery(
  sql`select exists (
    select from pg_locks as l join pg_class as c on c.oid = l.relation
    where l.pid = pg_backend_pid() and l.locktype = 'relation' and c.relkind in ('r', 'm') and c.relfilenode <> 0
      and pg_relation_filenode(c.oid) is distinct from c.relfilenode)::text`,
);

/** Pages of a read within one snapshot: together the rows of one moment, whatever is written meanwhile. */
export function createPages(
  placement: Placement,
  session: Session,
  patience = longEnough,
): ReadPages {
  return async function* pages(read, size, catalog, caller) {
    const { data } = placement(catalog.tenant);
    const enter = entryOf(catalog, caller);
    const asked = { show: 'live', intent: 'edit' } as const;
    const handoff = new Handoff<Result>(patience);
    const work = session.transaction(
      data,
      async (run) => {
        let behind: readonly Json[] | undefined;
        do {
          const page = await perform(
            { ...read, limit: size, cursor: true, ...(behind ? { behind } : {}) },
            catalog,
            async (planned, ...queries) => only(await run(enter(planned), ...queries)),
            async (planned, ...queries) => only(await session.run(data, enter(planned), queries)),
          );
          // From the first page on its tables are locked against that.
          if (behind === undefined) await requireUnwritten(run, enter(asked));
          if (!(await handoff.give(page))) return;
          behind =
            page.cursor === undefined ? undefined : (parseJson(page.cursor) as readonly Json[]);
        } while (behind !== undefined);
      },
      { signal: caller.signal, snapshot: true },
    );
    const settled = work.then(
      () => handoff.end(),
      (error: unknown) => handoff.end({ error: toServiceError(error) }),
    );
    try {
      yield* handoff.take();
    } finally {
      await settled;
    }
  };
}

/** @throws ServiceError stale_catalog */
async function requireUnwritten(run: Runner, entry: Entry): Promise<void> {
  if (only(await run(entry, rewritten))[0] === 'true') throw new ServiceError('stale_catalog');
}

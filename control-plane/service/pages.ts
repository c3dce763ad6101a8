import type { Json } from '../base/json.ts';
import { parseJson } from '../base/parse-json.ts';
import type { Placement } from '../pg/placement.ts';
import type { Session } from '../pg/session.ts';
import { toServiceError } from '../pg/sqlstate.ts';
import type { Result } from '../statement/statement.ts';
import { entryOf, only, perform } from './execute.ts';
import type { ReadPages } from './export.ts';
import { Handoff } from './handoff.ts';

/** A reader that takes no page for so long, in milliseconds, is given up: others want the connection, and the snapshot keeps dead rows. */
const patience = 20_000;

/** Pages of a read within one snapshot: together the rows of one moment, whatever is written meanwhile. */
export function createPages(placement: Placement, session: Session): ReadPages {
  return async function* pages(read, size, catalog, caller) {
    const { data } = placement(catalog.tenant);
    const enter = entryOf(catalog, caller);
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

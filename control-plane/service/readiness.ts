import { ServiceError } from '../base/errors.ts';
import { rowsOf } from '../catalog/connection.ts';
import { migrationNames, moduleFiles } from '../pg/sql-files.ts';
import type { AsOwner } from './owner.ts';

const notInstalled: Readiness = {
  ready: false,
  reason: 'Rowhouse is not installed: run rowhouse migrate',
};

export interface Readiness {
  readonly ready: boolean;
  readonly reason?: string;
}

/** Whether the database answers and holds the objects of this very version. */
export function createReadiness(asOwner: AsOwner): () => Promise<Readiness> {
  const modules = moduleFiles();
  const migrations = migrationNames();
  return () =>
    asOwner(async (connection) => {
      const present = await rowsOf<{ there: boolean }>(
        connection,
        `select to_regclass('control.modules') is not null and to_regclass('control.pgmigrations') is not null as there`,
      );
      if (present[0]?.there !== true) {
        return notInstalled;
      }
      const installed = await rowsOf<{ name: string; sha256: string }>(
        connection,
        `select name, sha256 from control.modules union all select name, '' from control.pgmigrations`,
      );
      const found = new Map(installed.map(({ name, sha256 }) => [name, sha256]));
      const current =
        modules.every(({ name, sha256 }) => found.get(name) === sha256) &&
        migrations.every((name) => found.has(name));
      return current
        ? { ready: true }
        : { ready: false, reason: 'The schema is of another version: run rowhouse migrate' };
    }).catch((error: unknown) => {
      if (lacksOwner(error)) return notInstalled;
      throw error;
    });
}

/** Where nothing is installed there is no rowhouse_owner to become: 22023. */
function lacksOwner(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === '22023';
}

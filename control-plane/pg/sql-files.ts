import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import split from '@databases/split-sql-query';
import databases from '@databases/sql';

/** A hand-written SQL file. */
export interface SqlFile {
  readonly name: string;
  readonly sha256: string;
  readonly statements: readonly string[];
}

/** The package's own folder: where `sql/` and `policies/` are, in the source tree and in an installed package. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'sql', 'migrations'))) return folder;
    if (folder === dirname(folder)) throw new Error('sql/migrations is not in this package');
  }
}

/** Reads and splits one file, named from the package's folder. */
export function sqlFile(name: string): SqlFile {
  const text = readFileSync(join(packageRoot(), name), 'utf8');
  return {
    name,
    sha256: createHash('sha256').update(text).digest('hex'),
    statements: splitStatements(text),
  };
}

/** Behaviour in the order it is installed: identity first, then the modules by name. */
export function moduleFiles(): readonly SqlFile[] {
  const modules = readdirSync(join(packageRoot(), 'sql', 'modules'))
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return ['policies/owner.sql', ...modules.map((name) => `sql/modules/${name}`)]
    .toSpliced(1, 0, 'policies/claims.sql')
    .map(sqlFile);
}

/** Names of the migrations this version brings, in order. */
export function migrationNames(): readonly string[] {
  return readdirSync(join(packageRoot(), 'sql', 'migrations'))
    .filter((name) => name.endsWith('.sql'))
    .map((name) => name.slice(0, -'.sql'.length))
    .sort();
}

/** Statements of hand-written SQL. The library's limits (no `begin atomic`, …) are kept out of our files by a test. */
function splitStatements(text: string): readonly string[] {
  return split
    .default(databases.default.__dangerous__rawValue(text))
    .map((query) => query.format(plain).text.trim())
    .filter((statement) => statement !== '');
}

/** Our files bind nothing, so there is nothing to escape or number. */
const plain = {
  escapeIdentifier: (name: string) => name,
  formatValue: (value: unknown) => ({ placeholder: '', value }),
};

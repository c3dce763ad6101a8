import { describe, expect, it } from 'vitest';
import { policies } from '../../../control-plane/compile/policy.ts';
import type { AccessMode } from '../../../control-plane/model/table.ts';
import { sqlFile } from '../../../control-plane/pg/sql-files.ts';
import { catalogOf, column, table } from './samples.ts';

/** One spelling: no quotes around plain names, one blank at most, none inside parentheses. */
function plain(text: string): string {
  return text
    .replaceAll(/"(\w+)"/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\( /g, '(')
    .replaceAll(/ \)/g, ')')
    .trim();
}

describe('policies/*.sql', () => {
  it.each(['acl', 'grants', 'lists', 'policy'] as const)(
    '%s says what is compiled',
    (access: AccessMode) => {
      const bare = {
        features: { timestamps: false, softDelete: false, acl: false, history: false },
      };
      const sample = table('posts', [column('title')], {
        access,
        ...(access === 'grants' || access === 'policy' ? bare : {}),
      });
      const written = sqlFile(`policies/${access}.sql`).statements.map((text) =>
        plain(
          text
            .replaceAll('{schema}', sample.schema)
            .replaceAll('{slug}', sample.schema.slice(2))
            .replaceAll('{table}', sample.physical)
            .replaceAll('{app}', sample.app)
            .replaceAll('{id}', String(sample.id)),
        ),
      );
      const compiled = policies(sample, catalogOf(sample)).flatMap(({ create }) =>
        create.map(plain),
      );
      expect(written).toEqual(compiled);
    },
  );
});

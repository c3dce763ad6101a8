import { ServiceError } from '../base/errors.ts';
import { type AppDefinition, isOfApp } from '../model/app-definition.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import type { Table, TableName } from '../model/table.ts';

/** The tables there are that a definition speaks of. */
export function tablesOf(definition: Definition, catalog: Catalog): readonly Table[] {
  const table = findTable(catalog, nameOf(definition));
  if (table) return [table];
  if (!isOfApp(definition) || !('part' in definition)) return [];
  const { app, datasource } = definition.part;
  return catalog.tables.filter(
    (each) => each.app === app && (datasource ?? each.datasource) === each.datasource,
  );
}

/** What the definition is about; roles are no relation. */
export function nameOf(definition: Definition): TableName {
  switch (definition.kind) {
    case 'create_role':
    case 'grant_role':
    case 'revoke_role':
      return { app: '', name: definition.name };
    case 'create_view':
    case 'drop_view':
    case 'refresh_view':
      return definition.view;
    case 'create_table':
    case 'ensure_table':
    case 'drop_table':
    case 'rollback_operation':
      return definition.table;
    case 'change_table':
    case 'change_view':
      return definition.from;
    case 'deactivate':
    case 'reactivate':
    case 'purge':
      return { app: definition.part.app, name: definition.part.table ?? '' };
    case 'create_app':
    case 'change_app':
    case 'create_datasource':
    case 'change_datasource':
    case 'define_app_role':
    case 'put_policy':
    case 'enable_policy':
    case 'disable_policy':
    case 'drop_policy':
      return { app: appOf(definition), name: '' };
    case 'define_tables':
      return { app: definition.app, name: '' };
  }
}

/** The app that a definition is about. */
export function appOf(definition: AppDefinition): string {
  if ('part' in definition) return definition.part.app;
  if (definition.kind === 'put_policy') return definition.policy.app;
  return definition.kind === 'create_app' ? definition.app.slug : definition.app;
}

/** The change was worked out from one state of its table: it means nothing for another. */
export function requireUnchanged(definition: Definition, seen: Catalog, catalog: Catalog): void {
  if (definition.kind === 'define_tables') {
    // Also one made meanwhile: it would be another change.
    for (const table of definition.tables) {
      requireUnchanged({ kind: 'change_table', from: table, to: table }, seen, catalog);
    }
    return;
  }
  const name = nameOf(definition);
  const before = findTable(seen, name);
  const now = findTable(catalog, name);
  const makes = definition.kind.startsWith('create_') || definition.kind === 'ensure_table';
  // Definitions of apps say what they change and hold for whatever is there.
  if (makes || isOfApp(definition) || JSON.stringify(before) === JSON.stringify(now)) return;
  throw new ServiceError('stale_catalog');
}

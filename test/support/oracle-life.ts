import type { AppPart, LifeCycle } from '../../control-plane/model/app-definition.ts';

/** Something that is active or not, and with which parent it went. */
interface Being {
  active: boolean;
  with?: 'app' | 'datasource' | undefined;
}

interface LivingTable extends Being {
  readonly app: string;
  readonly datasource: string;
  readonly name: string;
}

/** A reference between tables, by name; given up or standing. */
interface Link {
  readonly from: string;
  readonly to: string;
  standing: boolean;
}

/**
 * The life cycle told once more, in plain terms, to compare the product with. Names of tables are unique over all apps here.
 */
export class LifeOracle {
  readonly tables: LivingTable[];
  readonly links: Link[];
  readonly places = new Map<string, Being>();

  constructor(
    layout: readonly (readonly [
      app: string,
      datasource: string,
      name: string,
      to: readonly string[],
    ])[],
  ) {
    this.tables = layout.map(([app, datasource, name]) => ({
      app,
      datasource,
      name,
      active: true,
    }));
    this.links = layout.flatMap(([, , from, targets]) =>
      targets.map((to) => ({ from, to, standing: true })),
    );
    for (const { app, datasource } of this.tables) {
      this.places.set(app, { active: true });
      this.places.set(`${app}/${datasource}`, { active: true });
    }
  }

  /** Does it, and tells the kind of the refusal, if it is one. */
  run({ kind, part, force = false }: LifeCycle): string {
    const app = this.places.get(part.app);
    const place = this.places.get(placeOf(part));
    const table = this.tables.find(({ name }) => name === part.table);
    if (!app || (kind === 'deactivate' && !app.active)) return 'relation_not_found';
    if (part.table === undefined) {
      const needed = kind === 'reactivate' && part.datasource !== undefined;
      if (!place || (kind === 'deactivate' && !place.active) || (needed && !app.active)) {
        return 'relation_not_found';
      }
      if (kind === 'reactivate' && place.active) return 'done';
    } else {
      if (!table || (kind === 'deactivate' && !table.active)) return 'table_not_found';
      if (kind === 'reactivate' && !app.active) return 'relation_not_found';
      const source = this.places.get(`${table.app}/${table.datasource}`);
      if (kind === 'reactivate' && !source?.active) return 'has_dependents';
      if (kind === 'reactivate' && table.active) return 'done';
    }
    const inside = this.tables.filter((each) => isIn(each, part));
    if (kind === 'deactivate') return this.#leave(inside, part, force);
    if (kind === 'purge') return this.#vanish(inside, part, force);
    return this.#return(inside, part, force);
  }

  #leave(inside: readonly LivingTable[], part: AppPart, force: boolean): string {
    const leaving = inside.filter(({ active }) => active);
    if (!this.#release(leaving, force)) return 'has_dependents';
    for (const table of leaving) Object.assign(table, { active: false, with: reasonOf(part) });
    if (part.table !== undefined) return 'done';
    for (const [name, being] of this.places) {
      if (name === placeOf(part)) Object.assign(being, { active: false, with: undefined });
      else if (isBelow(name, part) && being.active) {
        Object.assign(being, { active: false, with: 'app' });
      }
    }
    return 'done';
  }

  #return(inside: readonly LivingTable[], part: AppPart, force: boolean): string {
    const back = inside.filter(
      (table) => !table.active && (part.table !== undefined || table.with === reasonOf(part)),
    );
    const waiting = this.links.filter(
      ({ from, to, standing }) =>
        standing && has(back, from) && !has(back, to) && !this.#isActive(to),
    );
    if (waiting.length > 0 && !force) return 'has_dependents';
    for (const link of waiting) link.standing = false;
    for (const table of back) Object.assign(table, { active: true, with: undefined });
    for (const link of this.links) if (has(back, link.to)) link.standing = true;
    if (part.table !== undefined) return 'done';
    for (const [name, being] of this.places) {
      if (name === placeOf(part) || (isBelow(name, part) && being.with === 'app')) {
        Object.assign(being, { active: true, with: undefined });
      }
    }
    return 'done';
  }

  #vanish(inside: readonly LivingTable[], part: AppPart, force: boolean): string {
    if (!this.#release(inside, force)) return 'has_dependents';
    this.tables.splice(0, Infinity, ...this.tables.filter((each) => !inside.includes(each)));
    const left = this.links.filter(({ from, to }) => !has(inside, from) && !has(inside, to));
    this.links.splice(0, Infinity, ...left);
    if (part.table !== undefined) return 'done';
    for (const name of [...this.places.keys()]) {
      if (name === placeOf(part) || isBelow(name, part)) this.places.delete(name);
    }
    return 'done';
  }

  /** Gives references of active tables outside up, where that is allowed. */
  #release(leaving: readonly LivingTable[], force: boolean): boolean {
    const held = this.links.filter(
      ({ from, to, standing }) =>
        standing && has(leaving, to) && !has(leaving, from) && this.#isActive(from),
    );
    if (held.length > 0 && !force) return false;
    for (const link of held) link.standing = false;
    return true;
  }

  #isActive(name: string): boolean {
    return this.tables.some((table) => table.name === name && table.active);
  }
}

function placeOf({ app, datasource }: AppPart): string {
  return datasource === undefined ? app : `${app}/${datasource}`;
}

function isBelow(name: string, part: AppPart): boolean {
  return part.datasource === undefined && name.startsWith(`${part.app}/`);
}

function isIn(table: LivingTable, { app, datasource, table: name }: AppPart): boolean {
  return (
    table.app === app &&
    (datasource === undefined || table.datasource === datasource) &&
    (name === undefined || table.name === name)
  );
}

function reasonOf(part: AppPart): Being['with'] {
  if (part.table !== undefined) return undefined;
  return part.datasource === undefined ? 'app' : 'datasource';
}

function has(tables: readonly LivingTable[], name: string): boolean {
  return tables.some((table) => table.name === name);
}

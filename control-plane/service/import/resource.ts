import type { Source, SourceReference } from './source.ts';

/** What is to become the rows of one table: a file, or a resource of a data package. Known by what is said of it; read when its turn comes. */
export interface Resource {
  /** Name of the table. */
  readonly name: string;
  /** As the user named it, for messages. */
  readonly file: string;
  readonly references: readonly SourceReference[];
  /** @throws RowError naming what is wrong */
  readonly read: () => Promise<Source>;
}

/** A resource of a data package that holds no rows: a picture, a map, a document. */
export interface NoTable {
  readonly name: string;
  readonly file: string;
  /** What it is instead. */
  readonly kind: string;
}

/**
 * Resources in such an order that those referred to come first. What refers to one another in a circle is one group, everything else
 * a group of its own.
 */
export function targetsFirst(resources: readonly Resource[]): readonly (readonly Resource[])[] {
  const named = new Map(resources.toReversed().map((each) => [each.name, each]));
  const targetsOf = ({ references }: Resource): readonly Resource[] =>
    references.flatMap(({ resource }) => named.get(resource) ?? []);
  const reach = new Map(resources.map((each) => [each, reachable(each, targetsOf)]));
  const done = new Set<Resource>();
  const groups: (readonly Resource[])[] = [];
  const visit = (resource: Resource): void => {
    if (done.has(resource)) return;
    const group = resources.filter(
      (other) =>
        other === resource || (reach.get(resource)?.has(other) && reach.get(other)?.has(resource)),
    );
    for (const each of group) done.add(each);
    for (const each of group) targetsOf(each).forEach(visit);
    groups.push(group);
  };
  resources.forEach(visit);
  return groups;
}

function reachable(
  from: Resource,
  targetsOf: (resource: Resource) => readonly Resource[],
): ReadonlySet<Resource> {
  const found = new Set<Resource>();
  const waiting = [...targetsOf(from)];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (found.has(each)) continue;
    found.add(each);
    waiting.push(...targetsOf(each));
  }
  return found;
}

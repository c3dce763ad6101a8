import type { Query } from '../control-plane/base/sql.ts';
import { wireText } from '../control-plane/pg/wire.ts';

/** A planned request whose sample value is replaced for each run. */
export interface Template {
  readonly text: string;
  /** Bound values as texts. */
  readonly values: readonly (string | null)[];
  /** What to replace in them, wherever it stands. */
  readonly sample: string;
}

/** @throws Error when the sample is nowhere in the values: the floor would repeat one constant. */
export function templateOf(query: Query, sample: string): Template {
  const values = query.values.map(wireText);
  if (!values.some((value) => value?.includes(sample))) {
    throw new Error(`no bound value holds the sample ${sample}`);
  }
  return { text: query.text, values, sample };
}

/** The values with the sample replaced. */
export function fill({ values, sample }: Omit<Template, 'text'>, by: string): (string | null)[] {
  return values.map((value) => value?.replace(sample, () => by) ?? null);
}

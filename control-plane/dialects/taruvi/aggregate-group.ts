import { type GroupKey, type Period, periods } from '../../statement/aggregate.ts';
import type { Field } from '../../statement/predicate.ts';
import { type FieldOf, partsOf, wordOf } from './aggregate-expression.ts';
import { refuse } from './errors.ts';
import { splitAlias, splitList, unquoted } from './split.ts';

/**
 * A field, a path into a document, `date_trunc('unit', f)` or `date_trunc('unit', f AT TIME ZONE 'zone')`, each with `as name` or not.
 * @throws ServiceError bad_request for an unknown unit or zone, column_not_found
 */
export function parseGroup(text: string, fieldOf: FieldOf): GroupKey & { readonly as: string } {
  const whole = fieldOf([text]);
  if (whole) return { kind: 'field', field: whole, as: text };
  const { body, alias } = splitAlias(text);
  const [, call] = /^date_trunc\s*\(([\s\S]*)\)$/i.exec(body) ?? [];
  if (call !== undefined) return { ...periodOf(call, fieldOf), as: alias ?? 'date_trunc' };
  const field = fieldIn(body, fieldOf);
  return {
    kind: 'field',
    field,
    as: alias ?? (field.kind === 'column' ? field.name : wordOf(body)),
  };
}

/** `'unit', f` or `'unit', f AT TIME ZONE 'zone'`. */
function periodOf(inner: string, fieldOf: FieldOf): GroupKey {
  const [first = '', second, ...more] = splitList(inner, '_group_by');
  const unit = unquoted(first, "'")?.toLowerCase();
  if (!isPeriod(unit)) {
    return refuse(`_group_by: date_trunc takes one of '${periods.join("', '")}'`, '_group_by');
  }
  if (second === undefined || more.length > 0) {
    return refuse('_group_by: date_trunc takes a unit and a field', '_group_by');
  }
  const [, name = second, zone] =
    /^([\s\S]*\S)\s+at\s+time\s+zone\s+('(?:[^']|'')*')$/i.exec(second) ?? [];
  const field = fieldIn(name, fieldOf);
  if (zone === undefined) return { kind: 'period', period: unit, field };
  return { kind: 'period', period: unit, field, zone: zoneOf(unquoted(zone, "'") ?? '') };
}

function isPeriod(unit: string | undefined): unit is Period {
  return periods.some((period) => period === unit);
}

/** Names of places only: an offset means one thing in ISO 8601 and the opposite in POSIX. */
function zoneOf(zone: string): string {
  try {
    if (!/^[A-Za-z_]+(?:[/_+-][A-Za-z0-9_]+)*$/.test(zone)) throw new RangeError();
    return new Intl.DateTimeFormat('en', { timeZone: zone }) && zone;
  } catch {
    return refuse(`_group_by: unknown time zone ${zone}`, '_group_by');
  }
}

function fieldIn(text: string, fieldOf: FieldOf): Field {
  const name = text.trim();
  const plain =
    /^(?:[\p{L}_][\p{L}\p{N}_]*|"(?:[^"]|"")+")(?:\.(?:[\p{L}\p{N}_]+|"(?:[^"]|"")+"))*$/u;
  const field = fieldOf([name]) ?? (plain.test(name) ? fieldOf(partsOf(name)) : undefined);
  return field ?? refuse(`_group_by: no such field ${name}`, name, 'column_not_found');
}

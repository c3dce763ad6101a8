import type { Json } from '../../../base/json.ts';
import { classOf } from '../../../base/types.ts';
import type { Report } from '../../../frictionless/report.ts';
import type { FieldType } from '../../../frictionless/types.ts';
import { valueIn } from '../../../frictionless/values.ts';
import type { Default } from '../../../model/table.ts';

/** The expressions a default may be, and the types each goes with. */
const expressions: Readonly<
  Record<string, { readonly preset: Default; readonly fits: (field: FieldType) => boolean }>
> = {
  'now()': {
    preset: { kind: 'now' },
    fits: ({ type }) => classOf(type) === 'time',
  },
  current_date: {
    preset: { kind: 'today' },
    fits: ({ type }) => type.base === 'date' || type.base === 'timestamptz',
  },
  'gen_random_uuid()': {
    preset: { kind: 'random_uuid' },
    fits: ({ type, format }) =>
      type.base === 'uuid' || (classOf(type) === 'text' && format === undefined),
  },
};

/** A default: a value of the field's type or one of three expressions; nothing that is SQL is ever read as such. */
export function defaultOf(
  value: Json | undefined,
  field: FieldType,
  report: Report,
): Default | undefined {
  if (value === undefined || value === null) return undefined;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  const expression = Object.hasOwn(expressions, word) ? expressions[word] : undefined;
  if (expression && !field.type.array) {
    if (expression.fits(field)) return expression.preset;
    report.add('type', `${word} is no default for the type of the field`);
    return undefined;
  }
  const given = valueIn(value, field);
  if (given !== undefined) return { kind: 'value', value: given };
  report.add('type', 'the default is no value of the type of the field');
  return undefined;
}

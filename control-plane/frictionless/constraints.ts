import { isNumber, isObject, type Json, type JsonObject } from '../base/json.ts';
import { isStorableText } from '../base/storable.ts';
import { classOf } from '../base/types.ts';
import type { Column } from '../model/table.ts';
import type { Report } from './report.ts';
import type { FieldType } from './types.ts';
import { valueIn } from './values.ts';

type Rules = { -readonly [key in keyof Column]?: Column[key] };

type Reader = (value: Json, field: FieldType, report: Report) => Rules | undefined;

/** THE table of constraints: what each makes of a column, or undefined with the fault told. */
const readers: Readonly<Record<string, Reader>> = {
  required: flag('required'),
  unique: (value, field, report) => {
    if (value === true && field.type.base === 'point') return misfit(report);
    return flag('unique')(value, field, report);
  },
  minLength: length('minLength'),
  maxLength: length('maxLength'),
  minimum: bound('minimum'),
  maximum: bound('maximum'),
  exclusiveMinimum: bound('exclusiveMinimum'),
  exclusiveMaximum: bound('exclusiveMaximum'),
  pattern: (value, { type }, report) => {
    if (type.array || classOf(type) !== 'text') return misfit(report);
    if (typeof value !== 'string' || !isStorableText(value)) {
      report.add('type', 'must be a regular expression');
      return undefined;
    }
    if (hasBackReference(value)) {
      report.add('not_supported', 'back references are not supported');
      return undefined;
    }
    return { pattern: value, whole: true };
  },
  enum: (value, field, report) => {
    if (field.type.base === 'point') return misfit(report);
    if (!Array.isArray(value) || value.length === 0) {
      report.add('type', 'must be a list of values');
      return undefined;
    }
    const values = (value as readonly Json[]).map((each) => valueIn(each, field));
    const wrong = values.indexOf(undefined);
    if (wrong >= 0) {
      report.add('type', 'is no value of the type of the field', wrong);
      return undefined;
    }
    if (new Set(values.map((each) => JSON.stringify(each))).size < values.length) {
      report.add('duplicate', 'the values must be distinct');
      return undefined;
    }
    return { oneOf: values as readonly Json[] };
  },
};

/** The rules of a field's constraints. A constraint of no known name is told, never passed over. */
export function rulesOf(value: Json | undefined, field: FieldType, report: Report): Rules {
  if (value === undefined) return {};
  if (!isObject(value)) {
    report.add('type', 'constraints must be an object');
    return {};
  }
  const rules: Rules = {};
  for (const [name, asked] of Object.entries(value)) {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read) Object.assign(rules, read(asked, field, report.at(name)));
    else report.add('not_supported', `constraint ${name} is not supported`, name);
  }
  checkOrder(value, report);
  return rules;
}

function flag(name: 'required' | 'unique'): Reader {
  return (value, _field, report) => {
    if (typeof value === 'boolean') return { [name]: value };
    report.add('type', 'must be true or false');
    return undefined;
  };
}

function length(name: 'minLength' | 'maxLength'): Reader {
  return (value, { type, format }, report) => {
    const sized = type.array || classOf(type) === 'text' || format === 'json_array';
    if (!sized || format === 'year_month') return misfit(report);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
      return { [name]: value };
    report.add('type', 'must be a whole number from 0');
    return undefined;
  };
}

function bound(name: 'minimum' | 'maximum' | 'exclusiveMinimum' | 'exclusiveMaximum'): Reader {
  return (value, field, report) => {
    const { type, format } = field;
    const family = classOf(type);
    const ordered =
      family === 'number' ||
      family === 'time' ||
      type.base === 'interval' ||
      format === 'year_month';
    if (type.array || !ordered) return misfit(report);
    if (family === 'number') {
      // A fraction may bound integers too.
      const limit = isNumber(value) ? valueIn(value, { type: { base: 'numeric' } }) : undefined;
      if (limit !== undefined) return { [name]: limit as number | string };
    } else {
      const limit = valueIn(value, field);
      const month = format !== 'year_month' || /^-?\d{4}-\d{2}$/.test(String(limit));
      if (typeof limit === 'string' && month) return { [name]: limit };
    }
    report.add('type', 'is no value of the type of the field');
    return undefined;
  };
}

function misfit(report: Report): undefined {
  report.add('not_supported', 'does not go with the type of the field');
  return undefined;
}

/** `\1` and the like; a backslash behind a backslash begins nothing. */
function hasBackReference(pattern: string): boolean {
  return /^(?:[^\\]|\\[^1-9])*\\[1-9]/.test(pattern);
}

function checkOrder(constraints: JsonObject, report: Report): void {
  const pairs = [
    ['minLength', 'maxLength'],
    ['minimum', 'maximum'],
    ['exclusiveMinimum', 'exclusiveMaximum'],
  ] as const;
  for (const [low, high] of pairs) {
    const [least, most] = [constraints[low], constraints[high]];
    if (typeof least === 'number' && typeof most === 'number' && least > most) {
      report.add('invalid', `${low} is above ${high}`, low);
    }
  }
}

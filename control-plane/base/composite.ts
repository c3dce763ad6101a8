import { digitsOf, isNumber, isObject, type Json } from './json.ts';
import { type ColumnType, classOf } from './types.ts';

/**
 * Ranges, multiranges and points have several forms in JSON and one text in Postgres. Gives that text, or undefined for what is none of
 * the forms; whether the bounds are values of their type only Postgres judges.
 *
 * A range is `{"lower", "upper", "bounds"?, "empty"?}`, `"lower,upper"` (bounds `[)`) or Postgres' own `"[lower,upper)"`; a multirange
 * a list of these, or Postgres' own `"{…}"`; a point `"lon,lat"`, `[lon, lat]` or `{"lon", "lat"}`.
 */
export function compositeText(value: Json, type: ColumnType): string | undefined {
  if (type.base === 'point') return pointText(value);
  return classOf(type) === 'range' ? rangeText(value) : multirangeText(value);
}

/** Whether values of the type have forms of their own. */
export function isComposite({ base }: ColumnType): boolean {
  const family = classOf({ base });
  return base === 'point' || family === 'range' || family === 'multirange';
}

function multirangeText(value: Json): string | undefined {
  if (typeof value === 'string') return /^\s*\{[\s\S]*\}\s*$/.test(value) ? value : undefined;
  if (!Array.isArray(value)) return undefined;
  const ranges = value.map((each: Json) => rangeText(each));
  return ranges.every((each) => each !== undefined) ? `{${ranges.join(',')}}` : undefined;
}

function rangeText(value: Json): string | undefined {
  if (typeof value === 'string') return plainRange(value);
  if (!isObject(value)) return undefined;
  const { lower = null, upper = null, bounds = '[)', empty = false, ...rest } = value;
  if (Object.keys(rest).length > 0 || typeof empty !== 'boolean') return undefined;
  if (typeof bounds !== 'string' || !/^[[(][\])]$/.test(bounds)) return undefined;
  const [from, to] = [boundText(lower), boundText(upper)];
  if (from === undefined || to === undefined) return undefined;
  return empty ? 'empty' : `${bounds[0]}${from},${to}${bounds[1]}`;
}

function plainRange(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === 'empty' || /^[[(][\s\S]*,[\s\S]*[\])]$/.test(trimmed)) return trimmed;
  const [lower, upper, ...more] = trimmed.split(',');
  if (lower === undefined || upper === undefined || more.length > 0) return undefined;
  return `[${boundText(lower.trim()) ?? ''},${boundText(upper.trim()) ?? ''})`;
}

/** A bound in quotes, so that nothing in it ends the range; none where there is no bound. */
function boundText(value: Json): string | undefined {
  if (value === null || value === '') return '';
  const text = isNumber(value) ? digitsOf(value) : value;
  if (typeof text !== 'string') return undefined;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

const coordinate = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;

function pointText(value: Json): string | undefined {
  const pair = pairOf(value);
  if (!pair) return undefined;
  const [lon, lat] = pair.map((each) => (isNumber(each) ? digitsOf(each) : each));
  const good = [lon, lat].every((each) => typeof each === 'string' && coordinate.test(each));
  return good ? `(${String(lon)},${String(lat)})` : undefined;
}

function pairOf(value: Json): readonly Json[] | undefined {
  if (typeof value === 'string') {
    const parts = value
      .replace(/^\s*\(([\s\S]*)\)\s*$/, '$1')
      .split(',')
      .map((part) => part.trim());
    return parts.length === 2 ? parts : undefined;
  }
  if (Array.isArray(value)) return value.length === 2 ? value : undefined;
  if (!isObject(value)) return undefined;
  const { lon, lat, ...rest } = value;
  const whole = lon !== undefined && lat !== undefined && Object.keys(rest).length === 0;
  return whole ? [lon, lat] : undefined;
}

import { literal, sql } from '../../base/sql.ts';
import { CelFault } from './fault.ts';
import { certain, type Value } from './value.ts';

const moment =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,6})?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** A time as RFC 3339 writes it, to the microsecond. */
export function timestampLiteral(text: string, position: number): Value {
  const found = moment.exec(text);
  const [, year = '', month = '', day = ''] = found ?? [];
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const real = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!found || !real || Number(year) === 0) {
    throw new CelFault('not a time of the form 2026-01-31T12:00:00Z', position);
  }
  return certain('timestamp', sql`${literal(text)}::timestamptz`);
}

/** In microseconds. */
const units: Readonly<Record<string, number>> = {
  h: 3_600_000_000,
  m: 60_000_000,
  s: 1_000_000,
  ms: 1_000,
  us: 1,
};

/** 285 years: CEL counts nanoseconds in 64 bits. */
const longest = 9_000_000_000_000_000;

/** A duration as in `1h30m`. */
export function durationLiteral(text: string, position: number): Value {
  const [, sign = '', parts = ''] =
    /^([+-]?)((?:\d+(?:\.\d+)?(?:h|ms|us|m|s))+|0)$/.exec(text) ?? [];
  const sum = [...parts.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|m|s)/g)].reduce(
    (total, [, amount = '', unit = '']) => total + Number(amount) * (units[unit] ?? 0),
    0,
  );
  const micros = Math.round(sum);
  if (parts === '' || micros > longest) {
    throw new CelFault('not a duration of the form 1h30m (units h, m, s, ms, us)', position);
  }
  const seconds = `${sign === '-' ? '-' : ''}${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;
  return certain('duration', sql`${literal(`${seconds} seconds`)}::interval`);
}

import { literal, raw, type Sql, sql } from '../../base/sql.ts';
import { isStorableText } from '../../base/storable.ts';
import { CelFault } from './fault.ts';
import { certain, type Value } from './value.ts';

const greatest = 2n ** 63n - 1n;

/** A literal of the expression. @throws CelFault for bytes, unsigned numbers and what Postgres can't hold */
export function literalValue(content: unknown, position: number): Value {
  if (content === null) {
    return { ...certain('null', sql`null`), nullable: true, constant: null };
  }
  if (typeof content === 'boolean') {
    return { ...certain('bool', raw(String(content))), constant: content };
  }
  if (typeof content === 'string') {
    if (!isStorableText(content)) {
      throw new CelFault('a string holds what is not plain text', position);
    }
    return { ...certain('string', textLiteral(content)), constant: content };
  }
  if (typeof content === 'bigint') return integer(content, position);
  if (typeof content === 'number') {
    return { ...certain('double', raw(`(${content})`)), constant: content };
  }
  throw new CelFault('literals are strings, numbers, true, false and null', position);
}

/** A whole number, minus included. */
export function integer(content: bigint, position: number): Value {
  if (content > greatest || content < -greatest - 1n) {
    throw new CelFault('a whole number has 64 bits', position);
  }
  return { ...certain('int', raw(`(${content})`)), constant: content };
}

export function textLiteral(text: string): Sql {
  return sql`${literal(text)}::text`;
}

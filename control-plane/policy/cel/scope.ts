import { type Sql, sql } from '../../base/sql.ts';
import { CelFault } from './fault.ts';
import { textLiteral } from './literal.ts';
import { chainOf, type Node, positionOf, type Step } from './tree.ts';
import { attempted, certain, type Value } from './value.ts';

/** What is known of whoever asks: each an expression that is evaluated once a statement. */
export interface Caller {
  readonly id: Sql;
  /** text[], never NULL. */
  readonly roles: Sql;
  /** jsonb; NULL where the token has no such claim, or null for it. */
  readonly claim: (path: Sql) => Sql;
}

/** What an expression can name. */
export interface Scope {
  readonly caller: Caller;
  readonly id: Value;
  /** An attribute of the resource; undefined: it has no such one. */
  readonly attribute: (name: string, path: readonly Step[], position: number) => Value | undefined;
}

/** The value of a name: `P.id`, `P.roles`, `P.attr.x`, `R.id`, `R.attr.x`, or the same under `request`. */
export function named(node: Node, scope: Scope): Value {
  const position = positionOf(node);
  const chain = chainOf(node);
  if (!chain) throw new CelFault('only names and constant keys can be looked into', position);
  const [head, ...steps] = plain(chain);
  const [attr, first, ...path] = steps;
  const whose = head?.key;
  if (whose === 'P' && attr && !first) {
    if (attr.key === 'id') return certain('string', scope.caller.id);
    if (attr.key === 'roles') return certain({ list: 'string' }, scope.caller.roles);
  }
  if (whose === 'R' && attr?.key === 'id' && !first) return scope.id;
  if (attr?.key === 'attr' && first) {
    if (whose === 'P') {
      const keys = [first, ...path].map(({ key }) => key);
      return attempted('json', scope.caller.claim(pathOf(keys)), []);
    }
    if (whose === 'R') {
      const value = scope.attribute(first.key, path, first.position);
      if (value) return value;
      throw new CelFault(`no column '${first.key}'`, first.position);
    }
  }
  const name = chain.steps.reduce((text, { key }) => `${text}.${key}`, chain.root);
  throw new CelFault(`'${name}' means nothing here`, position);
}

/** Keys as text[]. */
export function pathOf(keys: readonly string[]): Sql {
  const parts = keys.map(textLiteral);
  return sql`array[${parts.reduce((left, right) => sql`${left}, ${right}`)}]`;
}

/** `request.principal` is `P`, `request.resource` is `R`. */
function plain(chain: NonNullable<ReturnType<typeof chainOf>>): readonly Step[] {
  const [first, ...rest] = chain.steps;
  if (chain.root === 'request' && first?.key === 'principal')
    return [{ ...first, key: 'P' }, ...rest];
  if (chain.root === 'request' && first?.key === 'resource')
    return [{ ...first, key: 'R' }, ...rest];
  return [{ key: chain.root, position: 1 }, ...chain.steps];
}

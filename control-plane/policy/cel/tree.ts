import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { isStorableText } from '../../base/storable.ts';
import { CelFault } from './fault.ts';

export type Node = ASTNode;

const longest = 10_000;

/** Only the grammar is used: evaluation is Postgres' business. */
const grammar = new Environment({
  unlistedVariablesAreDyn: true,
  limits: { maxAstNodes: 2000, maxDepth: 60, maxListElements: 1000, maxCallArguments: 8 },
});

/** The tree of an expression. @throws CelFault when it is none */
export function parseTree(text: string): Node {
  if (text.length > longest) throw new CelFault(`is longer than ${longest} characters`, 1);
  if (!isStorableText(text)) throw new CelFault('is not plain text', 1);
  try {
    return grammar.parse(text).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new CelFault(error.summary, (error.range?.start ?? 0) + 1);
  }
}

/** Where a part of the expression begins, from 1; of a name after a dot, that name. */
export function positionOf(node: Node): number {
  return node.pos + 1;
}

/** A step from a value to a part of it. */
export interface Step {
  readonly key: string;
  readonly position: number;
}

/** A name with the steps taken from it: `R.attr.meta["a"]`; undefined for anything else. */
export function chainOf(
  node: Node,
): { readonly root: string; readonly steps: readonly Step[] } | undefined {
  if (node.op === 'id') return { root: node.args, steps: [] };
  if (node.op === '.') {
    const [of, name] = node.args;
    const chain = chainOf(of);
    return (
      chain && { ...chain, steps: [...chain.steps, { key: name, position: positionOf(node) }] }
    );
  }
  if (node.op === '[]') {
    const [of, index] = node.args;
    const chain = chainOf(of);
    const key = index.op === 'value' ? index.args : undefined;
    if (!chain || (typeof key !== 'string' && typeof key !== 'bigint')) return undefined;
    const step = { key: String(key), position: positionOf(index) };
    return { ...chain, steps: [...chain.steps, step] };
  }
  return undefined;
}

/** JSON as it is written: with repeated keys, and with leaves that are no JSON at all. */
import type { Dice } from './dice.ts';
import { almost, fragments, keys, literals, texts } from './hostile.ts';

export type Tree =
  | { readonly kind: 'leaf'; readonly text: string }
  | { readonly kind: 'list'; readonly of: readonly Tree[] }
  | { readonly kind: 'map'; readonly of: readonly (readonly [string, Tree])[] };

const leaf = (text: string): Tree => ({ kind: 'leaf', text });

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'list', of: value.map(treeOf) };
  if (typeof value === 'object' && value !== null) {
    return { kind: 'map', of: Object.entries(value).map(([key, each]) => [key, treeOf(each)]) };
  }
  return leaf(JSON.stringify(value));
}

export function printed(tree: Tree): string {
  switch (tree.kind) {
    case 'leaf':
      return tree.text;
    case 'list':
      return `[${tree.of.map(printed).join(',')}]`;
    case 'map':
      return `{${tree.of.map(([key, each]) => `${JSON.stringify(key)}:${printed(each)}`).join(',')}}`;
  }
}

/** The tree with one place of it changed. */
export function mutatedTree(tree: Tree, dice: Dice): Tree {
  // Deeper places are many and the root is one: each level is left with the same chance.
  if (tree.kind !== 'leaf' && tree.of.length > 0 && !dice.rarely(3)) {
    const at = dice.below(tree.of.length);
    if (tree.kind === 'list') {
      return { kind: 'list', of: tree.of.with(at, mutatedTree(tree.of[at] as Tree, dice)) };
    }
    const [key, each] = tree.of[at] as readonly [string, Tree];
    return { kind: 'map', of: tree.of.with(at, [key, mutatedTree(each, dice)]) };
  }
  if (dice.rarely(3)) return anything(dice);
  if (dice.rarely(8)) return wrapped(tree, dice);
  switch (tree.kind) {
    case 'leaf':
      return mutatedLeaf(tree.text, dice);
    case 'list':
      return { kind: 'list', of: mutatedList(tree.of, dice) };
    case 'map':
      return { kind: 'map', of: mutatedMap(tree.of, dice) };
  }
}

function anything(dice: Dice): Tree {
  if (dice.rarely(20)) return leaf(dice.one(almost));
  return leaf(dice.rarely(2) ? dice.one(literals) : JSON.stringify(dice.one(texts)));
}

/** Depths around the limits of nesting, and far beyond them. */
const depths = [1, 2, 5, 31, 33, 64, 100, 1_000, 5_000];

function wrapped(tree: Tree, dice: Dice): Tree {
  const times = dice.one(depths);
  const key = JSON.stringify(dice.one(['a', 'and', 'or', 'not', '$and', '$or', '$not', 'of']));
  const [open, close] = dice.one([
    ['[', ']'],
    [`{${key}:`, '}'],
    [`{${key}:[`, ']}'],
  ] as const);
  return leaf(open.repeat(times) + printed(tree) + close.repeat(times));
}

function mutatedLeaf(text: string, dice: Dice): Tree {
  if (!text.startsWith('"')) return anything(dice);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return anything(dice);
  }
  return leaf(JSON.stringify(mutatedText(String(value), dice)));
}

const lengths = [2, 3, 20, 101, 1_001, 3_000];

function mutatedList(of: readonly Tree[], dice: Dice): readonly Tree[] {
  const at = dice.below(of.length + 1);
  const some = of[Math.min(at, of.length - 1)] ?? anything(dice);
  switch (dice.below(4)) {
    case 0:
      return of.toSpliced(at, 1);
    case 1:
      return of.toSpliced(at, 0, anything(dice));
    case 2:
      return of.toSpliced(at, 0, some);
    default:
      return Array.from({ length: dice.one(lengths) }, () => some);
  }
}

function mutatedMap(
  of: readonly (readonly [string, Tree])[],
  dice: Dice,
): readonly (readonly [string, Tree])[] {
  const at = dice.below(of.length + 1);
  const [key, each] = of[Math.min(at, of.length - 1)] ?? ['a', leaf('1')];
  switch (dice.below(6)) {
    case 0:
      return of.toSpliced(at, 1);
    case 1:
      return of.toSpliced(at, 0, [dice.one(keys), anything(dice)]);
    case 2:
      return of.toSpliced(at, 0, [key, anything(dice)]);
    case 3:
      return of.toSpliced(at, 1, [dice.one(keys), each]);
    case 4:
      return of.toSpliced(at, 1, [mutatedText(key, dice), each]);
    default: {
      const [, other] = dice.one(of.length === 0 ? ([['a', leaf('1')]] as const) : of);
      return of.toSpliced(at, 1, [key, other]);
    }
  }
}

/** A text that was right, with one thing about it changed. */
export function mutatedText(text: string, dice: Dice): string {
  const from = dice.below(text.length + 1);
  const to = from + dice.below(text.length - from + 1);
  const slice = text.slice(from, to);
  switch (dice.below(8)) {
    case 0:
      return dice.one(texts);
    case 1:
    case 2:
      return text.slice(0, from) + dice.one(fragments) + text.slice(from);
    case 3:
      return text.slice(0, from) + dice.one(fragments) + text.slice(to);
    case 4:
      return text.slice(0, from) + text.slice(to);
    case 5:
      return text.slice(0, from) + slice.repeat(dice.one([2, 3, 40])) + text.slice(to);
    case 6:
      return text.slice(0, from) + dice.one(texts) + text.slice(to);
    default:
      return dice.rarely(2) ? text.toUpperCase() : text.slice(0, from) + dice.one(texts);
  }
}

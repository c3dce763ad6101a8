import fc from 'fast-check';
import type {
  Condition,
  DerivedRole,
  Policy,
  PolicyContent,
  ResourceRule,
} from '../../control-plane/model/policy.ts';
import { policyId } from '../../control-plane/model/policy.ts';

/** An expression twice: as it is uploaded, and as the evaluator must be asked so that it judges nulls as the dialect does. */
export interface Spelling {
  readonly cel: string;
  readonly oracle: string;
}

const plain = (text: string): Spelling => ({ cel: text, oracle: text });

function compose(make: (...parts: string[]) => string, ...parts: readonly Spelling[]): Spelling {
  return {
    cel: make(...parts.map(({ cel }) => cel)),
    oracle: make(...parts.map(({ oracle }) => oracle)),
  };
}

const pick = (...texts: readonly string[]): fc.Arbitrary<Spelling> =>
  fc.constantFrom(...texts).map(plain);

/** Expressions of each type over the columns of {@link sampleColumns}, most of which can be null. */
const strings = pick(
  'R.attr.owner',
  'R.attr.title',
  'R.attr.ref',
  'R.attr.meta.b',
  'P.id',
  'P.attr.dept',
  'R.id',
  'request.principal.attr.dept',
  'request.resource.attr.owner',
  'P.attr.gone',
  '"ann"',
  "'sales'",
  '"é😀"',
  '""',
);
const integers = pick(
  'R.attr.n',
  'R.attr.big',
  '1',
  '-7',
  '0',
  '9223372036854775807',
  'size(R.attr.tags)',
  'size(R.attr.title)',
);
const doubles = pick('R.attr.price', '2.5', '-0.5', '0.0');
const times = pick(
  'R.attr.at',
  'timestamp("2026-01-01T00:00:00Z")',
  'R.attr.at + duration("36h")',
  'timestamp(R.attr.stamp)',
  'R.attr.at - duration("1h30m")',
);
const truths = pick('R.attr.ok', 'true', 'false', 'P.attr.staff');

const named = pick('R.attr.owner', 'R.attr.title', 'P.attr.dept');

const whole = fc.oneof(
  { weight: 3, arbitrary: integers },
  {
    weight: 1,
    arbitrary: fc
      .tuple(integers, fc.constantFrom('+', '-', '*', '/', '%'), integers)
      .map(([a, sign, b]) => compose((x, y) => `(${x} ${sign} ${y})`, a, b)),
  },
  { weight: 1, arbitrary: integers.map((a) => compose((x) => `-(${x})`, a)) },
);
/** Halves and quarters only: exact in binary and in decimal. */
const real = fc.oneof(
  { weight: 3, arbitrary: doubles },
  {
    weight: 1,
    arbitrary: fc
      .tuple(doubles, fc.constantFrom('+', '-', '*'), doubles)
      .map(([a, sign, b]) => compose((x, y) => `(${x} ${sign} ${y})`, a, b)),
  },
);
const text = fc.oneof(
  { weight: 4, arbitrary: strings },
  {
    weight: 1,
    arbitrary: fc.tuple(strings, strings).map(([a, b]) => compose((x, y) => `(${x} + ${y})`, a, b)),
  },
  {
    weight: 1,
    arbitrary: fc
      // The evaluator's types of both outcomes must agree, and a name's is open.
      .tuple(truths, named, fc.oneof(named, pick('null')))
      .map(([c, a, b]) => compose((x, y, z) => `(${x} ? ${y} : ${z})`, c, a, b)),
  },
);

/** `in` of a null is an error here; to the evaluator a null is a value like others. It compares no literal with null. */
const guarded = (item: Spelling, list: string): Spelling => {
  const open = [item.oracle, list].filter((text) => /^(R|P|request)\./.test(text));
  const present = open.map((text) => `${text} != null`).join(' && ') || 'true';
  return {
    cel: `(${item.cel} in ${list})`,
    oracle: `(${present} ? ${item.oracle} in ${list} : 1 / 0 > 0)`,
  };
};
const orders = fc.constantFrom('<', '<=', '>', '>=');
const equals = fc.constantFrom('==', '!=');

function pairs(of: fc.Arbitrary<Spelling>, signs: fc.Arbitrary<string>): fc.Arbitrary<Spelling> {
  return fc
    .tuple(of, signs, of)
    .map(([a, sign, b]) => compose((x, y) => `(${x} ${sign} ${y})`, a, b));
}

const atoms: fc.Arbitrary<Spelling> = fc.oneof(
  truths,
  pairs(text, equals),
  pairs(text, orders),
  pairs(whole, fc.oneof(equals, orders)),
  pairs(real, fc.oneof(equals, orders)),
  // Literals of two types the evaluator refuses; a name's type is open.
  fc
    .tuple(
      pick('R.attr.n', 'R.attr.big', 'R.attr.price'),
      fc.oneof(equals, orders),
      fc.oneof(integers, doubles),
    )
    .map(([a, sign, b]) => compose((x, y) => `(${x} ${sign} ${y})`, a, b)),
  pairs(times, fc.oneof(equals, orders)),
  fc
    .tuple(
      pick(
        'R.attr.owner',
        'R.attr.n',
        'R.attr.ok',
        'R.attr.tags',
        'R.attr.meta',
        'R.attr.meta.b',
        'R.attr.at',
      ),
      equals,
    )
    .map(([a, sign]) => compose((x) => `(${x} ${sign} null)`, a)),
  fc
    .tuple(pick('R.attr.meta.a'), fc.oneof(equals, orders), fc.oneof(integers, doubles))
    .map(([a, sign, b]) => compose((x, y) => `(${x} ${sign} ${y})`, a, b)),
  fc
    .tuple(
      pick('P.attr.level'),
      fc.oneof(equals, orders),
      fc.oneof(integers, doubles, pick('R.attr.meta.a')),
    )
    .map(([a, sign, b]) => compose((x, y) => `(${x} ${sign} ${y})`, a, b)),
  fc
    .constantFrom('owner', 'n', 'tags', 'meta')
    .map((name) => ({ cel: `has(R.attr.${name})`, oracle: `(R.attr.${name} != null)` })),
  pick('has(P.attr.dept)', 'has(P.attr.gone)'),
  fc
    .tuple(
      strings,
      fc.constantFrom(
        '["ann", "bob", "sales"]',
        'P.roles',
        'R.attr.tags',
        'P.attr.teams',
        'R.attr.meta.l',
      ),
    )
    .map(([a, list]) => guarded(a, list)),
  fc
    .tuple(integers, fc.constantFrom('[1, 2, 3]', '[0, -7, R.attr.big]', '[]'))
    .map(([a, list]) => guarded(a, list)),
  fc
    .tuple(
      pick('R.attr.owner', 'R.attr.title', 'P.id', 'R.attr.meta.b'),
      fc.constantFrom('startsWith', 'endsWith', 'contains'),
      strings,
    )
    .map(([a, name, b]) => compose((x, y) => `${x}.${name}(${y})`, a, b)),
  fc
    .tuple(
      pick('R.attr.owner', 'R.attr.title'),
      fc.constantFrom('^a', 'n+$', '[a-c]b', '^(ann|bob)$', '\\\\d{2,}', '.l', '^\\\\w*$'),
    )
    .map(([a, pattern]) => compose((x) => `${x}.matches("${pattern}")`, a)),
);

/** Conditions of all forms. */
export const expressions: fc.Arbitrary<Spelling> = fc.letrec<{ it: Spelling }>((tie) => ({
  it: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: atoms },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie('it'), fc.constantFrom('&&', '||'), tie('it'))
        .map(([a, sign, b]) => compose((x, y) => `(${x} ${sign} ${y})`, a, b)),
    },
    { weight: 1, arbitrary: tie('it').map((a) => compose((x) => `!(${x})`, a)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie('it'), tie('it'), tie('it'))
        .map(([a, b, c]) => compose((x, y, z) => `(${x} ? ${y} : ${z})`, a, b, c)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie('it'), equals, tie('it'))
        .map(([a, sign, b]) => compose((x, y) => `(${x} ${sign} ${y})`, a, b)),
    },
  ),
})).it;

/** Parts of the JSON column are attributes of their own to the evaluator. */
export function partsApart(text: string): string {
  return text.replaceAll(/(R|request\.resource)\.attr\.meta\.(\w)/g, '$1.attr.meta_$2');
}

/** Policies of an app, with the evaluator's spelling of every expression in them. */
export interface PolicySet {
  readonly policies: readonly Policy[];
  readonly expressions: ReadonlyMap<string, string>;
}

export const roleNames = ['editor', 'viewer', 'guest', 'chief'];
export const people = ['ann', 'bob', 'cid'];
const actions = ['read', 'create', 'update', 'delete', 'write', '*'];

export function policySets(app: string, resource: string): fc.Arbitrary<PolicySet> {
  const spelt = new Map<string, string>();
  const expression = expressions.map(({ cel, oracle }): Condition => {
    spelt.set(cel, partsApart(oracle));
    return { kind: 'expression', text: cel, at: 'x' };
  });
  const condition: fc.Arbitrary<Condition> = fc.oneof(
    { weight: 3, arbitrary: expression },
    {
      weight: 1,
      arbitrary: fc.record(
        {
          kind: fc.constantFrom('all' as const, 'any' as const, 'none' as const),
          of: fc.array(expression, { minLength: 1, maxLength: 2 }),
        },
        { noNullPrototype: true },
      ),
    },
  );
  const maybe = <T extends object>(
    base: fc.Arbitrary<T>,
  ): fc.Arbitrary<T & { condition?: Condition }> =>
    fc
      .tuple(base, fc.option(condition, { nil: undefined, freq: 4 }))
      .map(([of, found]) => (found ? { ...of, condition: found } : of));
  const effect = fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const);
  const someActions = fc.subarray(actions, { minLength: 1, maxLength: 3 });
  const roles = fc.subarray([...roleNames, '*'], { maxLength: 2 });
  const rule: fc.Arbitrary<ResourceRule> = maybe(
    fc.record(
      {
        actions: someActions,
        effect,
        roles,
        derivedRoles: fc.subarray(['own', 'near'], { maxLength: 1 }),
      },
      { noNullPrototype: true },
    ),
  );
  const about = fc.constantFrom(resource, resource, 'datatable:*', 'datatable:other');
  const definitions: fc.Arbitrary<DerivedRole[]> = fc
    .tuple(
      ...['own', 'near'].map((name) =>
        maybe(
          fc.record(
            {
              name: fc.constant(name),
              parents: fc.subarray([...roleNames, '*'], { minLength: 1, maxLength: 2 }),
            },
            { noNullPrototype: true },
          ),
        ),
      ),
    )
    .map((all) => [...all]);
  const contents: fc.Arbitrary<PolicyContent>[] = [
    definitions.map((all) => ({ kind: 'derived_roles', name: 'common', definitions: all })),
    fc
      .array(rule, { minLength: 1, maxLength: 4 })
      .map((rules) => ({ kind: 'resource', resource, imports: ['common'], rules })),
    fc
      .array(rule, { maxLength: 2 })
      .map((rules) => ({ kind: 'resource', resource: 'datatable:*', imports: ['common'], rules })),
    fc
      .tuple(
        fc.constantFrom(...people),
        fc.array(
          maybe(
            fc.record(
              { resource: about, action: fc.constantFrom(...actions), effect },
              { noNullPrototype: true },
            ),
          ),
          { maxLength: 2 },
        ),
      )
      .map(([principal, rules]) => ({ kind: 'principal', principal, rules })),
    fc
      .tuple(
        fc.constantFrom('editor', 'guest'),
        fc.subarray(['viewer', 'chief'], { maxLength: 1 }),
        fc.array(
          maybe(fc.record({ resource: about, actions: someActions }, { noNullPrototype: true })),
          { maxLength: 2 },
        ),
      )
      .map(([role, parents, rules]) => ({ kind: 'role', role, parents, rules })),
  ];
  const enabled = fc.constantFrom(true, true, true, false);
  const [derived, ...others] = contents.map((content, at) =>
    fc.tuple(content, enabled).map(
      ([found, on]): Policy => ({
        app,
        id: policyId(found),
        content: found,
        document: {},
        enabled: at < 2 || on,
        createdAt: '',
        createdBy: '',
        updatedAt: '',
        updatedBy: '',
      }),
    ),
  );
  if (!derived) throw new Error('no policies');
  return fc.tuple(derived, ...others).map((policies) => ({ policies, expressions: spelt }));
}

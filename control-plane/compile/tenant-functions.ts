import { createHash } from 'node:crypto';
import { ident, literal, toText } from '../base/sql.ts';
import type { FunctionFacts } from './function-facts.ts';
import { loginFunctions } from './login-functions.ts';
import { tenantSchema } from './names.ts';
import { verdictFunctions } from './verdict-functions.ts';

/** Changes when the generated functions do: the installer then makes those of every tenant anew. */
export function functionsHash(): string {
  return createHash('sha256').update(tenantFunctions('template').join('\n')).digest('hex');
}

/**
 * The functions of a tenant's schema: names and one select or call into a module, no logic of their own. The tenant is fixed in the text:
 * for a principal of another one, every verdict is no.
 */
export function tenantFunctions(slug: string): readonly string[] {
  return [...verdictFunctions(slug), ...loginFunctions(slug)].flatMap((fact) =>
    functionStatements(slug, fact),
  );
}

function functionStatements(slug: string, fact: FunctionFacts): readonly string[] {
  const schema = toText(ident(tenantSchema(slug)));
  const args = fact.args ?? '';
  const signature = `${schema}.${fact.name}(${args.replaceAll(/ default (null|'\w+')/g, '')})`;
  const language = fact.inline ? 'sql' : 'plpgsql';
  // Asked once, by the leader; unmarked, they would keep scans of every table with lists from running in parallel.
  const parallel = fact.volatility === 'stable' ? ' parallel restricted' : '';
  const security = fact.definer ? ' security definer' : '';
  const path = fact.inline ? '' : '\nset search_path = pg_catalog, pg_temp';
  return [
    `create or replace function ${schema}.${fact.name}(${args})
returns ${fact.returns}
language ${language} ${fact.volatility}${parallel}${security}${path}
as $rowhouse$
${toText(fact.body)}
$rowhouse$`,
    `comment on function ${signature} is ${toText(literal(fact.about))}`,
    `revoke all on function ${signature} from public`,
    ...(fact.trigger ? [] : [`grant execute on function ${signature} to ${schema}`]),
  ];
}

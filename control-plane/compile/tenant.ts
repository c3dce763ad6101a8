import { createHash } from 'node:crypto';
import { ident, literal, type Sql, sql, toText } from '../base/sql.ts';

/** Name of a tenant's schema and of its role. */
export function tenantSchema(slug: string): string {
  if (!/^[a-z][a-z0-9_-]{0,39}$/.test(slug)) throw new TypeError(`not a tenant slug: ${slug}`);
  return `t_${slug}`;
}

/**
 * Makes a tenant's schema, role and internal objects. For the ddl connection inside a transaction: the schema is made by the connecting
 * role, which holds CREATE on the database, and owned by rowhouse_owner, who makes the rest.
 */
export function createTenant(slug: string): readonly string[] {
  const schema = ident(tenantSchema(slug));
  return [
    'set local role none',
    toText(sql`create schema ${schema} authorization rowhouse_owner`),
    'set local role rowhouse_owner',
    toText(sql`select rowhouse.create_tenant_role(${literal(slug)})`),
    toText(sql`grant usage on schema ${schema} to ${schema}`),
    ...tenantTables(slug),
    ...tenantFunctions(slug),
    ...tenantPolicies(slug),
  ];
}

/** Drops a tenant's schema with everything in it, its login roles and its role. The row in control.tenants is the caller's. */
export function dropTenant(slug: string): readonly string[] {
  return [
    'set local role rowhouse_owner',
    toText(sql`drop schema if exists ${ident(tenantSchema(slug))} cascade`),
    toText(sql`select rowhouse.drop_tenant_role(${literal(slug)})`),
  ];
}

/** Changes when the generated functions do: the installer then makes those of every tenant anew. */
export function functionsHash(): string {
  return createHash('sha256').update(tenantFunctions('template').join('\n')).digest('hex');
}

/** Tables of the engine in a tenant's schema: interned principals, access lists, verdict bits, grants, history. */
function tenantTables(slug: string): readonly string[] {
  const s = ident(tenantSchema(slug));
  const lists = ['read', 'edit', 'full', 'delete', 'deny', 'authors'];
  const columns = [
    ...lists.map((list) => `"${list}" text[] not null default '{}'`),
    ...lists.map((list) => `${list}_ids integer[] not null default '{}'`),
  ].join(',\n  ');
  const tables = ['principals', 'acls', 'verdicts', 'grants', 'history'];
  return [
    toText(sql`create table ${s}._rowhouse_principals (
  id integer generated always as identity constraint _rowhouse_principals_pkey primary key,
  name text collate "C" not null constraint _rowhouse_principals_name_key unique
    constraint _rowhouse_principals_name_check check (name <> '' and octet_length(name) <= 255)
)`),
    // Content-addressed: a row is never changed, so a verdict on an id never is either.
    `create table ${toText(s)}._rowhouse_acls (
  id integer generated always as identity (start with 0 minvalue 0)
    constraint _rowhouse_acls_pkey primary key,
  ${columns},
  digest bytea not null constraint _rowhouse_acls_digest_key unique,
  mode text not null default 'acl'
)`,
    // external: bits are read whole for every statement; compressed they would be unpacked each time.
    toText(sql`create table ${s}._rowhouse_verdicts (
  key text not null,
  "right" text not null,
  covered integer not null,
  bits varbit not null,
  constraint _rowhouse_verdicts_pkey primary key (key, "right")
)`),
    toText(sql`alter table ${s}._rowhouse_verdicts alter column bits set storage external`),
    // relation null: every table of the tenant.
    toText(sql`create table ${s}._rowhouse_grants (
  id integer generated always as identity constraint _rowhouse_grants_pkey primary key,
  relation integer,
  verb text not null
    constraint _rowhouse_grants_verb_check check (verb in ('select', 'insert', 'update', 'delete', 'define', 'grant', 'view')),
  role text not null,
  constraint _rowhouse_grants_key unique nulls not distinct (role, verb, relation)
)`),
    toText(sql`create table ${s}._rowhouse_history (
  change_id bigint generated always as identity constraint _rowhouse_history_pkey primary key,
  relation integer not null,
  row_key text not null,
  operation text not null
    constraint _rowhouse_history_operation_check check (operation in ('create', 'update', 'delete')),
  changes jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  request_id text,
  metadata jsonb not null default '{}'
)`),
    toText(
      sql`create index _rowhouse_history_row_idx on ${s}._rowhouse_history (relation, row_key, change_id)`,
    ),
    ...tables.flatMap((table) => {
      const name = sql`${s}.${ident(`_rowhouse_${table}`)}`;
      return [
        toText(sql`alter table ${name} enable row level security`),
        toText(sql`alter table ${name} force row level security`),
        toText(
          sql`create policy _owner on ${name} to rowhouse_owner using (true) with check (true)`,
        ),
      ];
    }),
    // Number 0: no lists, what every row starts with.
    toText(
      sql`insert into ${s}._rowhouse_acls (digest) values (rowhouse.acl_digest('{}', '{}', '{}', '{}', '{}', '{}'))`,
    ),
  ];
}

/** Policies and privileges on the internal tables. After the functions, which they name. */
function tenantPolicies(slug: string): readonly string[] {
  const s = ident(tenantSchema(slug));
  const readable = sql`get_bit((select ${s}._rowhouse_readable()), id) = 1`;
  return [
    // Lists of rows one can't read are nobody's business.
    toText(
      sql`create policy _select on ${s}._rowhouse_acls for select to ${s} using (${readable})`,
    ),
    toText(
      sql`grant select (id, "read", edit, "full", "delete", deny, authors) on ${s}._rowhouse_acls to ${s}`,
    ),
    // No policy yet: each table with history brings the one for its entries.
    toText(sql`grant select on ${s}._rowhouse_history to ${s}`),
  ];
}

/** How a generated function runs. */
interface FunctionFacts {
  readonly name: string;
  /** Argument list with names, defaults included. */
  readonly args?: string;
  readonly returns: string;
  readonly volatility: 'stable' | 'volatile';
  /** As rowhouse_owner: it reads internal tables. */
  readonly definer?: boolean;
  /** No SET clause, so that the planner can inline it. */
  readonly inline?: boolean;
  readonly body: Sql;
  readonly about: string;
  /** Nobody calls it but a trigger. */
  readonly trigger?: boolean;
}

const lists =
  '"read" text[] default null, edit text[] default null, "full" text[] default null, ' +
  '"delete" text[] default null, deny text[] default null, authors text[] default null';

const rights =
  '"read" text[] default null, edit text[] default null, "full" text[] default null, ' +
  '"delete" text[] default null, deny text[] default null';

/**
 * The functions of a tenant's schema: names and one select or call into a module, no logic of their own. The tenant is fixed in the text:
 * for a principal of another one, every verdict is no.
 */
export function tenantFunctions(slug: string): readonly string[] {
  const s = ident(tenantSchema(slug));
  const tenant = literal(slug);
  const wrap = (name: string, right: Sql, about: string): FunctionFacts => ({
    name,
    returns: 'varbit',
    volatility: 'stable',
    inline: true,
    body: sql`select ${s}._rowhouse_bits(${right})`,
    about,
  });
  const facts: readonly FunctionFacts[] = [
    {
      name: '_rowhouse_fresh_bits',
      args: 'wanted text',
      returns: 'varbit',
      volatility: 'stable',
      definer: true,
      body: sql`begin
  return (
    with p as materialized (select * from rowhouse.principal_in(${tenant})),
      mine as materialized (
        select array(
          select n.id from ${s}._rowhouse_principals as n where n.name = any (array(select unnest(p.names) from p))
        ) as ids,
          (select n.id from ${s}._rowhouse_principals as n where n.name = (select sub from p)) as me,
          (select n.id from ${s}._rowhouse_principals as n where n.name = 'any') as anyone
      ),
      stored as materialized (
        select v.covered, v.bits from ${s}._rowhouse_verdicts as v, p where v.key = p.key and v."right" = wanted
      ),
      fresh as materialized (
        select string_agg(case when rowhouse.acl_verdict(a.mode, wanted, p.level, p.sudo, mine.ids, mine.me, mine.anyone,
            a.read_ids, a.edit_ids, a.full_ids, a.delete_ids, a.deny_ids, a.authors_ids) then '1' else '0' end, '' order by i) as bits
        from p cross join mine
        cross join generate_series(
          coalesce((select covered from stored), 0), (select max(id) from ${s}._rowhouse_acls)) as i
        left join ${s}._rowhouse_acls as a on a.id = i
      )
    select coalesce((select bits from stored), ''::varbit) || coalesce(fresh.bits, '')::varbit from fresh
  );
end`,
      about: 'The verdicts of _rowhouse_bits where the stored ones do not cover all ACLs.',
    },
    {
      name: '_rowhouse_bits',
      args: 'wanted text',
      returns: 'varbit',
      volatility: 'stable',
      definer: true,
      // Stored bits that cover everything are the usual case: two index probes instead of the five steps above.
      // The || makes one plain value: a stored datum as it is would be fetched anew for every row (12 s instead of .14 s).
      body: sql`begin
  return coalesce(
    (select v.bits || ''::varbit from ${s}._rowhouse_verdicts as v
     where v.key = (select p.key from rowhouse.principal_in(${tenant}) as p) and v."right" = wanted
       and v.covered > (select max(a.id) from ${s}._rowhouse_acls as a)),
    ${s}._rowhouse_fresh_bits(wanted));
end`,
      about: "Bit i: the caller's verdict on ACL i. wanted: read, edit, delete, manage.",
    },
    wrap('_rowhouse_readable', sql`'read'`, 'Bit i: rows with ACL i may be read.'),
    wrap(
      '_rowhouse_changeable',
      sql`rowhouse.intended_right()`,
      'Bit i: rows with ACL i may be updated under the present rowhouse.intent.',
    ),
    wrap(
      '_rowhouse_relistable',
      sql`case rowhouse.intended_right() when 'delete' then 'delete' else 'manage' end`,
      'Bit i: rows with ACL i may be updated in mode lists; guard_lists holds authors to the lists.',
    ),
    wrap('_rowhouse_deletable', sql`'delete'`, 'Bit i: rows with ACL i may be deleted.'),
    wrap(
      '_rowhouse_manageable',
      sql`'manage'`,
      'Bit i: the lists of rows with ACL i may be changed.',
    ),
    {
      name: '_rowhouse_acl',
      args: '"read" text[], edit text[], "full" text[], "delete" text[], deny text[], authors text[]',
      returns: 'integer',
      volatility: 'volatile',
      definer: true,
      body: sql`begin
  return coalesce(
    (select a.id from ${s}._rowhouse_acls as a
     where a.digest = rowhouse.acl_digest($1, $2, $3, $4, $5, $6) and rowhouse.belongs(${tenant})),
    rowhouse.intern_acl(${tenant}, $1, $2, $3, $4, $5, $6));
end`,
      about: 'Number of the ACL with these lists; made when there is none.',
    },
    {
      name: '_rowhouse_lists_acl',
      args: '"read" text[], edit text[], "full" text[], "delete" text[], deny text[], authors text[]',
      returns: 'integer',
      volatility: 'volatile',
      definer: true,
      body: sql`begin
  return rowhouse.intern_acl(${tenant}, 'lists', $1, $2, $3, $4, $5, $6);
end`,
      about: 'Number of the ACL with these lists in mode lists; made when there is none.',
    },
    {
      name: 'put',
      args: `"table" text, "row" jsonb, ${rights}`,
      returns: 'jsonb',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.put(${tenant}, $1, $2, $3, $4, $5, $6, $7);
end`,
      about:
        'Mode lists: makes the row, or replaces the columns and lists named, whether the caller may read it or not.',
    },
    {
      name: 'change',
      args: `"table" text, key text, "row" jsonb default null, ${rights}`,
      returns: 'boolean',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.change(${tenant}, $1, $2, $3, $4, $5, $6, $7, $8);
end`,
      about:
        'Mode lists: sets the columns and lists named of a row, whether the caller may read it or not. False: not a writer, or no such row.',
    },
    {
      name: 'remove',
      args: '"table" text, key text',
      returns: 'boolean',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.remove(${tenant}, $1, $2);
end`,
      about:
        'Mode lists: deletes a row, whether the caller may read it or not. False: not a deleter, or no such row.',
    },
    {
      name: 'acl',
      args: lists,
      returns: 'integer',
      volatility: 'volatile',
      body: sql`begin
  return ${s}._rowhouse_acl($1, $2, $3, $4, $5, $6);
end`,
      about: 'For the _acl of an insert or update: acl(read => array[...], edit => array[...]).',
    },
    {
      name: '_rowhouse_known_acl',
      returns: 'trigger',
      volatility: 'volatile',
      definer: true,
      trigger: true,
      body: sql`begin
  perform rowhouse.require_acl((select a.id from ${s}._rowhouse_acls as a where a.id = new._acl));
  return new;
end`,
      about: 'before insert or update of _acl, row, when (new._acl <> 0).',
    },
    {
      name: '_rowhouse_extend',
      returns: 'void',
      volatility: 'volatile',
      definer: true,
      body: sql`begin
  perform rowhouse.extend(${tenant});
end`,
      about: "Stores the caller's verdict bits when they lag.",
    },
    {
      name: '_rowhouse_sparse',
      args: 'relation regclass, page integer',
      returns: 'boolean',
      volatility: 'volatile',
      definer: true,
      body: sql`begin
  return rowhouse.sparse(${literal(tenantSchema(slug))}, ${s}._rowhouse_bits('read'), relation, page);
end`,
      about: 'Whether the caller sees so little of the table that reading it by _acl is quicker.',
    },
    {
      name: '_rowhouse_sparse_acls',
      returns: 'integer[]',
      volatility: 'stable',
      definer: true,
      body: sql`begin
  return rowhouse.ones(${s}._rowhouse_bits('read'));
end`,
      about: 'ACLs the caller may read.',
    },
    {
      name: 'share',
      args: `"table" text, key text, ${lists}, mode text default 'set'`,
      returns: 'jsonb',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.share(${tenant}, $1, $2, $3, $4, $5, $6, $7, $8, $9);
end`,
      about:
        'Changes the access lists of a row. mode set: named lists replace; replace: others become empty; merge: adds members.',
    },
    {
      name: 'restore',
      args: '"table" text, key text',
      returns: 'boolean',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.restore(${tenant}, $1, $2);
end`,
      about: 'Takes a trashed row back.',
    },
    {
      name: 'graph_reach',
      args: `"table" text, node text, direction text default 'descendants', depth integer default null, types text[] default null`,
      returns: 'table (key text, distance integer)',
      volatility: 'stable',
      body: sql`begin
  return query select r.key, r.distance from rowhouse.graph_reach(${tenant}, $1, $2, $3, $4, $5) as r;
end`,
      about:
        'Rows reached from a row along edges, nearest first, itself included. direction: descendants, ancestors or both.',
    },
    {
      name: 'graph_path',
      args: `"table" text, source text, target text, direction text default 'ancestors', types text[] default null, weight text default null, depth integer default null`,
      returns: 'table (place integer, key text, edge json, cost numeric)',
      volatility: 'stable',
      body: sql`begin
  return query select p.place, p.key, p.edge, p.cost from rowhouse.graph_path(${tenant}, $1, $2, $3, $4, $5, $6, coalesce($7, 100)) as p;
end`,
      about:
        'A shortest path between two rows, node by node with the edge that leads there; with weight the cheapest one.',
    },
    {
      name: 'tree_descendants',
      args: `"table" text, node text, depth integer default null`,
      returns: 'table (key text, distance integer)',
      volatility: 'stable',
      body: sql`begin
  return query select r.key, r.distance from rowhouse.graph_reach(${tenant}, $1, $2, 'descendants', $3, null) as r where r.distance > 0;
end`,
      about: 'Rows below a row, nearest first.',
    },
    {
      name: 'tree_ancestors',
      args: `"table" text, node text, depth integer default null`,
      returns: 'table (key text, distance integer)',
      volatility: 'stable',
      body: sql`begin
  return query select r.key, r.distance from rowhouse.graph_reach(${tenant}, $1, $2, 'ancestors', $3, null) as r where r.distance > 0;
end`,
      about: 'Rows above a row, nearest first.',
    },
    {
      name: 'access_of',
      args: '"table" text, key text',
      returns: 'jsonb',
      volatility: 'stable',
      definer: true,
      body: sql`begin
  return rowhouse.access_of(${tenant}, $1, $2);
end`,
      about: 'The access lists of a row and what the caller may do with it.',
    },
  ];
  return facts.flatMap((fact) => functionStatements(slug, fact));
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

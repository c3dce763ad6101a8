import { ident, literal, type Sql, sql } from '../base/sql.ts';
import type { FunctionFacts } from './function-facts.ts';
import { tenantSchema } from './names.ts';

/** What policies and triggers of a tenant ask: which access lists admit the caller, and the numbers of lists. */
export function verdictFunctions(slug: string): readonly FunctionFacts[] {
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
  return [
    {
      name: '_rowhouse_fresh_bits',
      args: 'wanted text',
      returns: 'varbit',
      volatility: 'stable',
      definer: true,
      // In order and with a limit, so that the few ACLs that are missing are read by their numbers: all of 10,000 took 8 ms a call.
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
      span as materialized (
        select coalesce((select covered from stored), 0) as start, (select max(id) from ${s}._rowhouse_acls) as newest
      ),
      fresh as materialized (
        select string_agg(case when rowhouse.acl_verdict(a.mode, wanted, p.level, p.sudo, mine.ids, mine.me, mine.anyone,
            a.read_ids, a.edit_ids, a.full_ids, a.delete_ids, a.deny_ids, a.authors_ids) then '1' else '0' end, '' order by i) as bits
        from p cross join mine
        cross join generate_series((select start from span), (select newest from span)) as i
        left join (
          select * from ${s}._rowhouse_acls where id >= (select start from span)
          order by id limit (select newest - start + 1 from span)
        ) as a on a.id = i
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
     where v.key = rowhouse.key_in(${tenant}) and v."right" = wanted
       and v.covered > (select max(a.id) from ${s}._rowhouse_acls as a)),
    ${s}._rowhouse_fresh_bits(wanted));
end`,
      about: "Bit i: the caller's verdict on ACL i. wanted: read, edit, delete, manage.",
    },
    {
      name: '_rowhouse_may',
      args: 'relation integer, verb text',
      returns: 'boolean',
      volatility: 'stable',
      definer: true,
      // The grants are named here: asked by a text put together, they were planned with every question.
      body: sql`declare
  c jsonb := rowhouse.claims_in(${tenant});
  roles text[] := array(select jsonb_array_elements_text(c -> 'roles'));
begin
  return coalesce((c ->> 'level')::integer, 0) >= 4 or exists (
    select from ${s}._rowhouse_grants as g
    where g.role = any (roles) and g.verb = $2 and (g.relation = $1 or g.relation is null));
end`,
      about:
        'Whether a role of the caller holds the verb on the relation, or on all. Level root holds all, a principal of another tenant nothing.',
    },
    {
      name: '_rowhouse_require',
      args: 'verb text',
      returns: 'void',
      volatility: 'stable',
      body: sql`begin
  if not ${s}._rowhouse_may(null, verb) then
    perform rowhouse.refuse('RH309', 'A role that may do this is required', jsonb_build_object('reason', verb));
  end if;
end`,
      about:
        'Refuses unless a role of the caller holds the verb on everything. First in the transaction of a request that asks for it.',
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
  return coalesce(
    (select a.id from ${s}._rowhouse_acls as a
     where a.digest = rowhouse.acl_digest('lists', $1, $2, $3, $4, $5, $6) and rowhouse.belongs(${tenant})),
    rowhouse.intern_acl(${tenant}, 'lists', $1, $2, $3, $4, $5, $6));
end`,
      about: 'Number of the ACL with these lists in mode lists; made when there is none.',
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
  return coalesce(
    (select v.acls from ${s}._rowhouse_verdicts as v
     where v.key = rowhouse.key_in(${tenant}) and v."right" = 'read'
       and v.covered > (select max(a.id) from ${s}._rowhouse_acls as a)),
    rowhouse.ones(${s}._rowhouse_bits('read')));
end`,
      about: 'ACLs the caller may read.',
    },
  ];
}

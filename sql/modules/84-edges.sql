-- Edges: the rules of a graph that no constraint can tell.
-- Called by: generated triggers of edge tables, and of tables whose rows refer to their parent.
-- Privileges: none to anyone (trigger functions). An edge points from child to parent.

-- security definer: advisory locks are not for callers.
create or replace function rowhouse.lock_edges()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- With an older snapshot check_edges would not see what the writer before has committed.
  if current_setting('transaction_isolation') <> 'read committed' then
    perform rowhouse.refuse('RH100', 'Edges with rules are written in transactions at level read committed',
      jsonb_build_object('table', tg_argv[0]), 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED.');
  end if;
  perform pg_advisory_xact_lock(hashtextextended('edges', tg_relid::bigint));
  return null;
end
$$;
comment on function rowhouse.lock_edges() is
  'before insert or update, statement. Arguments: logical table name. One writer of a graph with rules at a time, to the end of its transaction.';

-- security definer: a hidden edge counts and closes loops like any other.
create or replace function rowhouse.check_edges()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  rules jsonb := tg_argv[4];
  ends text := format('select %I as child, %I as parent, %s as type from ', tg_argv[1], tg_argv[2],
    case tg_argv[3] when '' then quote_literal(rules #>> '{types,0,name}') else quote_ident(tg_argv[3]) end);
  edges text := format('(%s %I.%I) as e', ends, tg_table_schema, tg_table_name);
  written text := ends || 'new_rows';
  broken record;
  loops boolean;
begin
  if tg_op = 'UPDATE' then
    written := written || ' except ' || ends || 'old_rows';
  end if;
  -- Counted and followed only from what has been written; the rest was right before.
  execute format(
    'with written as materialized (%1$s)
     select w.type, w.way, l.most
     from (
       select distinct type, ''outgoing'' as way, child as node from written where parent is not null
       union all
       select distinct type, ''incoming'', parent from written where parent is not null) as w
     cross join lateral (
       select (t ->> w.way)::integer as most from jsonb_array_elements($1 -> ''types'') as t where t ->> ''name'' = w.type) as l
     where l.most < case w.way
       when ''outgoing'' then (select count(*) from (select from %2$s where e.child = w.node and e.type = w.type limit l.most + 1::bigint) as c)
       else (select count(*) from (select from %2$s where e.parent = w.node and e.type = w.type limit l.most + 1::bigint) as c) end
     limit 1', written, edges)
    into broken using rules;
  if broken.most is not null then
    perform rowhouse.refuse('RH411',
      format('Type ''%s'' allows a row at most %s %s edge%s', broken.type, broken.most, broken.way,
        case when broken.most = 1 then '' else 's' end),
      jsonb_build_object('table', tg_argv[0], 'field', case broken.way when 'outgoing' then tg_argv[1] else tg_argv[2] end,
        'reason', 'max_' || broken.way));
  end if;
  if (rules ->> 'hierarchy')::boolean then
    execute format(
      'with recursive written as materialized (%1$s), climb (start, node, type) as (
         -- Below a row without children nothing can close a loop.
         select w.child, w.parent, w.type from written as w
         where w.parent is not null and exists (select from %2$s where e.parent = w.child and e.type = w.type)
         union
         select c.start, e.parent, c.type from climb as c join %2$s on e.child = c.node and e.type = c.type
         where e.parent is not null)
       select exists (select from climb where start = node)', written, edges)
      into loops;
    if loops then
      perform rowhouse.refuse('RH411', 'The edges of a hierarchy cannot form a loop',
        jsonb_build_object('table', tg_argv[0], 'field', tg_argv[2], 'reason', 'loop'));
    end if;
  end if;
  return null;
end
$$;
comment on function rowhouse.check_edges() is
  'after insert (new_rows) or after update (old_rows, new_rows), statement. Arguments: logical table name; columns of child, parent and type (empty: one type only); {"hierarchy", "types": [{"name", "outgoing", "incoming"}]}.';

create or replace function rowhouse.edge_author()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Nobody: the owner's own work, which says itself whose the edge is.
  new.created_by_id := coalesce((rowhouse.principal()).sub, new.created_by_id);
  return new;
end
$$;
comment on function rowhouse.edge_author() is 'before insert, row. created_by_id is whoever makes the edge.';

revoke all on function rowhouse.lock_edges(), rowhouse.check_edges(), rowhouse.edge_author() from public;

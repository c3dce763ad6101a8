-- The same statement; an ordinary row meets two conditions that are false.
-- create trigger _060_follow__id before insert or update of id on t_bench.items for each row
--   when (new.id is not null and session_user <> 'rowhouse_gateway') execute function rowhouse.follow_number('id');
-- create trigger _500_stamp_insert before insert on t_bench.items for each row
--   when (new._xact is distinct from pg_current_xact_id()) execute function rowhouse.stamp('', 'xact');
insert into t_bench.items (id, name, price, stock, day, active, note)
select id, name, price, stock, day, active, note from pg_temp.st;

-- As the gateway, inside a transaction, after rowhouse.enter for a table of the scenario `import`, whose rows are staged in `st`.
-- Every row calls both functions.
-- create trigger _060_follow__id before insert or update of id on t_bench.items for each row
--   when (new.id is not null) execute function rowhouse.follow_number('id');
-- create trigger _500_stamp before insert or update on t_bench.items for each row execute function rowhouse.stamp('', 'xact');
insert into t_bench.items (id, name, price, stock, day, active, note)
select id, name, price, stock, day, active, note from pg_temp.st;

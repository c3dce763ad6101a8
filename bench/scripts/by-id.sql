\set n random(1, :rows)
select id, name, category, price, stock, note from items
where id = ('00000000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid;

\set n random(0, 49)
select id, name, category, price, stock, note from items
where category = 'category ' || :n::int order by id desc limit 20;

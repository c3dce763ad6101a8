select id, name, category, price, stock, note from items order by id desc limit 20;

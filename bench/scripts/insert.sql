insert into orders (name, category, price, stock, note) values ('sample', 'category 1', 9.5, 3, 'a note')
returning id, name, category, price, stock, note;

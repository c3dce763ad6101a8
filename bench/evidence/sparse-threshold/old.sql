-- rowhouse.sparse(): a row read by _acl is taken to cost as much as a row walked in key order.
select 0.01 < sqrt(20 / 100000.0) as "1 % of 100,000 rows: sparse";

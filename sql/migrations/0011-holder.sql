-- The jsonb column that holds the declared columns of a table without columns of its own. Run by the installer as rowhouse_owner.

alter table control.relations add column holder text;
comment on column control.relations.holder is
  'Name of the jsonb column in which columns marked held lie, with whatever else a row was sent; null: none.';

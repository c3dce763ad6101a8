-- The cluster this database was last installed in. Restored from a dump elsewhere, transaction numbers begin anew.
create table control.cluster (
  system_identifier bigint constraint cluster_pkey primary key,
  seen_at timestamptz(3) not null default now()
);
comment on table control.cluster is 'One row: the cluster whose transaction numbers the column _xact of tenant tables speaks of.';

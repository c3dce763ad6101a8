-- safe: create comment table
comment on table "t_acme"."people" is 'People';
-- back
-- safe: drop comment table
comment on table "t_acme"."people" is null;

-- transaction, ACCESS EXCLUSIVE: make check a_pattern_check for new rows
alter table "t_acme"."people" add constraint "_rowhouse_next_2_16ec14c331fc" check ("a" ~ E'^\\w') not valid;
--   undo: alter table "t_acme"."people" drop constraint if exists "_rowhouse_next_2_16ec14c331fc";
-- transaction, SHARE UPDATE EXCLUSIVE: look at all rows for check a_pattern_check
alter table "t_acme"."people" validate constraint "_rowhouse_next_2_16ec14c331fc";
-- last
alter table "t_acme"."people" rename constraint "_rowhouse_next_2_16ec14c331fc" to "a_pattern_check";

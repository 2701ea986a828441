ALTER TABLE sessions DROP COLUMN code_kind;

-- Takes back what up.sql made.
DROP INDEX sessions_live_by_use;
ALTER TABLE client_secrets DROP COLUMN last_used_at;
ALTER TABLE clients DROP COLUMN asked_while_disabled_at;
ALTER TABLE clients DROP COLUMN last_used_at;
DROP TABLE stats;

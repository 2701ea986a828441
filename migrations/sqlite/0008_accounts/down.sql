-- Takes back what up.sql made. Factors, recovery codes and links are lost; whoever had a second factor has none.
DROP TABLE ceremonies;
DROP TABLE account_links;
DROP TABLE recovery_codes;
DROP TABLE factors;
DELETE FROM own_sessions WHERE app <> 'console';
DROP INDEX own_sessions_by_session;
DROP INDEX own_sessions_by_user;
DROP INDEX own_sessions_by_end;
ALTER TABLE own_sessions DROP COLUMN app;
ALTER TABLE own_sessions DROP COLUMN amr;
ALTER TABLE own_sessions RENAME TO console_sessions;
CREATE INDEX console_sessions_by_session ON console_sessions (session_id);
CREATE INDEX console_sessions_by_user ON console_sessions (user_id);
CREATE INDEX console_sessions_by_end ON console_sessions (expires_at);

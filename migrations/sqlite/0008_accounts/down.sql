-- Takes back what up.sql made. Factors, recovery codes and links are lost; whoever had a second factor has none.
DROP TABLE ceremonies;
DROP TABLE account_links;
DROP TABLE recovery_codes;
DROP TABLE factors;
CREATE TABLE console_sessions (
    id           TEXT NOT NULL PRIMARY KEY,
    token_hash   BLOB NOT NULL UNIQUE,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    auth_time    INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
INSERT INTO console_sessions SELECT id, token_hash, user_id, session_id, created_at, auth_time, last_seen_at, expires_at FROM own_sessions WHERE app = 'console';
DROP TABLE own_sessions;
CREATE INDEX console_sessions_by_session ON console_sessions (session_id);
CREATE INDEX console_sessions_by_user ON console_sessions (user_id);
CREATE INDEX console_sessions_by_end ON console_sessions (expires_at);

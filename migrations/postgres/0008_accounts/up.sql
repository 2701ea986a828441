-- What people look after themselves: factors beyond the password, recovery codes, links that were mailed to them, and the
-- sessions of the account pages, which stand beside those of the console.

ALTER TABLE console_sessions RENAME TO own_sessions;
ALTER TABLE own_sessions ADD COLUMN app TEXT COLLATE "C" NOT NULL DEFAULT 'console';
ALTER TABLE own_sessions ADD COLUMN amr TEXT NOT NULL DEFAULT '["pwd"]';
DROP INDEX console_sessions_by_session;
DROP INDEX console_sessions_by_user;
DROP INDEX console_sessions_by_end;
CREATE INDEX own_sessions_by_session ON own_sessions (session_id);
CREATE INDEX own_sessions_by_user ON own_sessions (user_id);
CREATE INDEX own_sessions_by_end ON own_sessions (expires_at);

-- kind 'totp': data is the sealed secret, last_step the time step of the last code that was taken.
-- kind 'passkey': data is the public credential as JSON, credential_id its name among all.
CREATE TABLE factors (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id       TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind          TEXT NOT NULL,
    name          TEXT NOT NULL,
    data          BYTEA NOT NULL,
    credential_id BYTEA UNIQUE,
    last_step     BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT
);
CREATE INDEX factors_by_user ON factors (user_id, created_at);

CREATE TABLE recovery_codes (
    hash       BYTEA NOT NULL PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX recovery_codes_by_user ON recovery_codes (user_id);

-- Links that were mailed: each for one purpose, once. A link that comes before the account has no person yet.
CREATE TABLE account_links (
    hash       BYTEA NOT NULL PRIMARY KEY,
    purpose    TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" REFERENCES users (id) ON DELETE CASCADE,
    email_key  TEXT COLLATE "C" NOT NULL,
    detail     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX account_links_by_user ON account_links (user_id);
CREATE INDEX account_links_by_address ON account_links (email_key, purpose);
CREATE INDEX account_links_by_end ON account_links (expires_at);

-- Challenges that wait for their answer, each once: WebAuthn ceremonies.
CREATE TABLE ceremonies (
    hash       BYTEA NOT NULL PRIMARY KEY,
    state      BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremonies_by_end ON ceremonies (expires_at);

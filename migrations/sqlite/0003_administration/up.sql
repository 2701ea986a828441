-- What administration needs: versions against lost updates, roles, resource servers, attributes, invitations, settings,
-- what files own, console sessions, idempotency keys, words to search people by, and the chained security log.

ALTER TABLE clients ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE scopes ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE scopes ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scopes ADD COLUMN mappings TEXT NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN last_sign_in_at INTEGER;
ALTER TABLE passwords ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1));
ALTER TABLE "groups" ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE "groups" ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "groups" ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;

CREATE INDEX users_by_role ON users (role, email_key) WHERE role <> 'person';
CREATE INDEX users_disabled ON users (email_key) WHERE disabled_at IS NOT NULL;
CREATE INDEX sessions_by_begin ON sessions (created_at, id) WHERE ended_at IS NULL;
CREATE INDEX grants_by_begin ON grants (created_at, id);
DROP INDEX grants_by_client;
CREATE INDEX grants_by_client ON grants (client_id, created_at, id);

-- One row a word: folded addresses, their parts, words of names. Searching is a walk along the index from a prefix.
CREATE TABLE user_terms (
    term    TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (term, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_terms_by_user ON user_terms (user_id, term);
-- Who was there before is found by address and domain now, and by name after the next change.
INSERT INTO user_terms SELECT email_key, id FROM users;
INSERT INTO user_terms SELECT substr(email_key, instr(email_key, '@')), id FROM users;

CREATE TABLE roles (
    name        TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    permissions TEXT NOT NULL,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE resources (
    audience              TEXT NOT NULL PRIMARY KEY,
    name                  TEXT NOT NULL,
    access_token_lifetime INTEGER,
    access_token_alg      TEXT,
    version               INTEGER NOT NULL,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL
) STRICT;

CREATE TABLE attributes (
    name       TEXT NOT NULL PRIMARY KEY,
    title      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    required   INTEGER NOT NULL CHECK (required IN (0, 1)),
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE invitations (
    hash       BLOB NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX invitations_by_end ON invitations (expires_at);
CREATE INDEX invitations_by_user ON invitations (user_id);

CREATE TABLE settings (
    name       TEXT NOT NULL PRIMARY KEY,
    value      TEXT NOT NULL,
    version    INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- What was last applied from files: the document of each object as the file said it.
CREATE TABLE applied (
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    document   TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;

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
CREATE INDEX console_sessions_by_session ON console_sessions (session_id);
CREATE INDEX console_sessions_by_user ON console_sessions (user_id);
CREATE INDEX console_sessions_by_end ON console_sessions (expires_at);

-- An answer is kept sealed: it may hold a secret that is shown once.
CREATE TABLE idempotency (
    "key"      TEXT NOT NULL PRIMARY KEY,
    request    BLOB NOT NULL,
    answer     BLOB,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Numbers are given by the chain. Rows from before it keep theirs and have no seal.
CREATE TABLE events_chained (
    id             INTEGER NOT NULL PRIMARY KEY,
    "at"           INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    actor          TEXT,
    user_id        TEXT,
    client_id      TEXT,
    correlation_id TEXT,
    detail         TEXT NOT NULL,
    address        TEXT,
    seal           BLOB
) STRICT;
INSERT INTO events_chained (id, "at", kind, actor, user_id, client_id, correlation_id, detail)
    SELECT id, "at", kind, actor, user_id, client_id, correlation_id, detail FROM events;
DROP TABLE events;
ALTER TABLE events_chained RENAME TO events;
CREATE INDEX events_by_age ON events ("at");
CREATE INDEX events_by_user ON events (user_id, id);
CREATE INDEX events_by_client ON events (client_id, id);
CREATE INDEX events_by_actor ON events (actor, id);
CREATE INDEX events_by_kind ON events (kind, id);
CREATE INDEX events_by_correlation ON events (correlation_id);

-- One row: where the chain of events begins and ends, under a seal of its own.
CREATE TABLE event_chain (
    name       TEXT NOT NULL PRIMARY KEY,
    first_id   INTEGER NOT NULL,
    before     BLOB NOT NULL,
    last_id    INTEGER NOT NULL,
    last_seal  BLOB NOT NULL,
    seal       BLOB NOT NULL
) STRICT;

-- What administration needs: versions against lost updates, roles, resource servers, attributes, invitations, settings,
-- what files own, console sessions, idempotency keys, words to search people by, and the chained security log.

ALTER TABLE clients ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE scopes ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE scopes ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scopes ADD COLUMN mappings TEXT NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN last_sign_in_at BIGINT;
ALTER TABLE passwords ADD COLUMN must_change BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE "groups" ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE "groups" ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE "groups" ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;

CREATE INDEX users_by_role ON users (role, email_key) WHERE role <> 'person';
CREATE INDEX users_disabled ON users (email_key) WHERE disabled_at IS NOT NULL;
CREATE INDEX sessions_by_begin ON sessions (created_at, id) WHERE ended_at IS NULL;
CREATE INDEX grants_by_begin ON grants (created_at, id);
DROP INDEX grants_by_client;
CREATE INDEX grants_by_client ON grants (client_id, created_at, id);

-- One row a word: folded addresses, their parts, words of names. Searching is a walk along the index from a prefix.
CREATE TABLE user_terms (
    term    TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (term, user_id)
);
CREATE INDEX user_terms_by_user ON user_terms (user_id, term);
-- Who was there before is found by address and domain now, and by name after the next change.
INSERT INTO user_terms SELECT email_key, id FROM users;
INSERT INTO user_terms SELECT substr(email_key, strpos(email_key, '@')), id FROM users;

CREATE TABLE roles (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    permissions TEXT NOT NULL,
    version     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE TABLE resources (
    audience              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name                  TEXT NOT NULL,
    access_token_lifetime BIGINT,
    access_token_alg      TEXT,
    version               BIGINT NOT NULL,
    created_at            BIGINT NOT NULL,
    updated_at            BIGINT NOT NULL
);

CREATE TABLE attributes (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    title      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    required   BOOLEAN NOT NULL,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE invitations (
    hash       BYTEA NOT NULL PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX invitations_by_end ON invitations (expires_at);
CREATE INDEX invitations_by_user ON invitations (user_id);

CREATE TABLE settings (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value      TEXT NOT NULL,
    version    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What was last applied from files: the document of each object as the file said it.
CREATE TABLE applied (
    kind       TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    document   TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE console_sessions (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    token_hash   BYTEA NOT NULL UNIQUE,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id   TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    auth_time    BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX console_sessions_by_session ON console_sessions (session_id);
CREATE INDEX console_sessions_by_user ON console_sessions (user_id);
CREATE INDEX console_sessions_by_end ON console_sessions (expires_at);

-- An answer is kept sealed: it may hold a secret that is shown once.
CREATE TABLE idempotency (
    "key"      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    request    BYTEA NOT NULL,
    answer     BYTEA,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Numbers are given by the chain. Rows from before it keep theirs and have no seal.
ALTER TABLE events ALTER COLUMN id DROP IDENTITY;
ALTER TABLE events ADD COLUMN address TEXT;
ALTER TABLE events ADD COLUMN seal BYTEA;
DROP INDEX events_by_age;
CREATE INDEX events_by_age ON events ("at");
CREATE INDEX events_by_user ON events (user_id, id);
CREATE INDEX events_by_client ON events (client_id, id);
CREATE INDEX events_by_actor ON events (actor, id);
CREATE INDEX events_by_kind ON events (kind, id);
CREATE INDEX events_by_correlation ON events (correlation_id);

-- One row: where the chain of events begins and ends, under a seal of its own.
CREATE TABLE event_chain (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    first_id   BIGINT NOT NULL,
    before     BYTEA NOT NULL,
    last_id    BIGINT NOT NULL,
    last_seal  BYTEA NOT NULL,
    seal       BYTEA NOT NULL
);

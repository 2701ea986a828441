-- The first tables. The same names and columns stand in migrations/postgres/0001_core.
-- Times are milliseconds since 1970 (UTC), JSON is TEXT, hashes are SHA-256 in BLOBs, booleans are 0 and 1.
-- Every table is STRICT, so that SQLite keeps types as strictly as PostgreSQL does.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE clients (
    client_id                 TEXT NOT NULL PRIMARY KEY,
    name                      TEXT NOT NULL,
    profile                   TEXT NOT NULL,
    auth_method               TEXT NOT NULL,
    redirect_uris             TEXT NOT NULL,
    post_logout_redirect_uris TEXT NOT NULL,
    grants                    TEXT NOT NULL,
    scopes                    TEXT NOT NULL,
    policy                    TEXT NOT NULL,
    about                     TEXT NOT NULL,
    disabled_at               INTEGER,
    created_at                INTEGER NOT NULL,
    updated_at                INTEGER NOT NULL
) STRICT;

CREATE TABLE client_secrets (
    id         TEXT NOT NULL PRIMARY KEY,
    client_id  TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    hash       BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
CREATE INDEX client_secrets_by_client ON client_secrets (client_id);

CREATE TABLE scopes (
    name        TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    claims      TEXT NOT NULL,
    audience    TEXT,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id             TEXT NOT NULL PRIMARY KEY,
    email          TEXT NOT NULL,
    email_key      TEXT NOT NULL UNIQUE,
    email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    role           TEXT NOT NULL,
    profile        TEXT NOT NULL,
    disabled_at    INTEGER,
    valid_from     INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE passwords (
    user_id    TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    phc        TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE "groups" (
    name       TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE group_members (
    group_name TEXT NOT NULL REFERENCES "groups" (name) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_name, user_id)
) STRICT;
CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE sessions (
    id           TEXT NOT NULL PRIMARY KEY,
    token_hash   BLOB NOT NULL UNIQUE,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    auth_time    INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    acr          TEXT NOT NULL,
    amr          TEXT NOT NULL,
    user_agent   TEXT NOT NULL,
    address      TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE devices (
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_hash   BLOB NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, device_hash)
) STRICT;
CREATE INDEX devices_by_hash ON devices (device_hash);

CREATE TABLE consents (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id  TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    scopes     TEXT NOT NULL,
    claims     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, client_id)
) STRICT;
CREATE INDEX consents_by_client ON consents (client_id);

-- session_id refers to nothing on purpose, here and in grants: sessions are swept earlier.
CREATE TABLE codes (
    hash                  BLOB NOT NULL PRIMARY KEY,
    grant_id              TEXT NOT NULL UNIQUE,
    client_id             TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    user_id               TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id            TEXT,
    "authorization"       TEXT NOT NULL,
    redirect_uri          TEXT NOT NULL,
    redirect_uri_was_sent INTEGER NOT NULL CHECK (redirect_uri_was_sent IN (0, 1)),
    code_challenge        TEXT,
    created_at            INTEGER NOT NULL,
    expires_at            INTEGER NOT NULL,
    used_at               INTEGER,
    correlation_id        TEXT NOT NULL
) STRICT;
CREATE INDEX codes_by_user ON codes (user_id);
CREATE INDEX codes_by_session ON codes (session_id);
CREATE INDEX codes_by_end ON codes (expires_at);

CREATE TABLE grants (
    id              TEXT NOT NULL PRIMARY KEY,
    client_id       TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    user_id         TEXT REFERENCES users (id) ON DELETE CASCADE,
    session_id      TEXT,
    "authorization" TEXT NOT NULL,
    offline         INTEGER NOT NULL CHECK (offline IN (0, 1)),
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    revoked_at      INTEGER,
    revoked_why     TEXT,
    correlation_id  TEXT NOT NULL
) STRICT;
CREATE INDEX grants_by_user ON grants (user_id);
CREATE INDEX grants_by_client ON grants (client_id);
CREATE INDEX grants_by_session ON grants (session_id);
CREATE INDEX grants_by_end ON grants (expires_at);

CREATE TABLE refresh_tokens (
    hash          BLOB NOT NULL PRIMARY KEY,
    grant_id      TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    client_id     TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    used_at       INTEGER,
    generation    INTEGER NOT NULL,
    superseded_at INTEGER
) STRICT;
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE TABLE revoked_tokens (
    jti        TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);

CREATE TABLE guesses (
    "key"         TEXT NOT NULL PRIMARY KEY,
    failures      INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
) STRICT;
CREATE INDEX guesses_by_age ON guesses (last_at);

CREATE TABLE signing_keys (
    kid            TEXT NOT NULL PRIMARY KEY,
    alg            TEXT NOT NULL,
    sealed_private BLOB NOT NULL,
    public_jwk     TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    signs_from     INTEGER NOT NULL,
    retires_at     INTEGER,
    gone_at        INTEGER
) STRICT;

CREATE TABLE setup_links (
    hash       BLOB NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE TABLE leases (
    name     TEXT NOT NULL PRIMARY KEY,
    holder   TEXT NOT NULL,
    "until"  INTEGER NOT NULL
) STRICT;

CREATE TABLE traces (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    correlation_id TEXT NOT NULL,
    "at"           INTEGER NOT NULL,
    step           TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    check_name     TEXT,
    expected       TEXT,
    received       TEXT,
    client_id      TEXT,
    user_id        TEXT,
    address        TEXT
) STRICT;
CREATE INDEX traces_by_correlation ON traces (correlation_id);
CREATE INDEX traces_by_age ON traces ("at");

CREATE TABLE events (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at"           INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    actor          TEXT,
    user_id        TEXT,
    client_id      TEXT,
    correlation_id TEXT,
    detail         TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_age ON events ("at");

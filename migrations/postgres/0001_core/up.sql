-- The first tables. The same names and columns stand in migrations/sqlite/0001_core.
-- Times are milliseconds since 1970 (UTC), JSON is TEXT, hashes are SHA-256 in BYTEA.
-- Text that is compared or sorted is COLLATE "C": bytewise, as SQLite does it, whatever the cluster's locale.

CREATE TABLE meta (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE clients (
    client_id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name                      TEXT COLLATE "C" NOT NULL,
    profile                   TEXT NOT NULL,
    auth_method               TEXT NOT NULL,
    redirect_uris             TEXT NOT NULL,
    post_logout_redirect_uris TEXT NOT NULL,
    grants                    TEXT NOT NULL,
    scopes                    TEXT NOT NULL,
    policy                    TEXT NOT NULL,
    about                     TEXT NOT NULL,
    disabled_at               BIGINT,
    created_at                BIGINT NOT NULL,
    updated_at                BIGINT NOT NULL
);

CREATE TABLE client_secrets (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    hash       BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX client_secrets_by_client ON client_secrets (client_id);

CREATE TABLE scopes (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    claims      TEXT NOT NULL,
    audience    TEXT,
    created_at  BIGINT NOT NULL
);

CREATE TABLE users (
    id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    email          TEXT NOT NULL,
    email_key      TEXT COLLATE "C" NOT NULL UNIQUE,
    email_verified BOOLEAN NOT NULL,
    role           TEXT NOT NULL,
    profile        TEXT NOT NULL,
    disabled_at    BIGINT,
    valid_from     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);

CREATE TABLE passwords (
    user_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    phc        TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE "groups" (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE group_members (
    group_name TEXT COLLATE "C" NOT NULL REFERENCES "groups" (name) ON DELETE CASCADE,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_name, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE sessions (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    token_hash   BYTEA NOT NULL UNIQUE,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    auth_time    BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    acr          TEXT NOT NULL,
    amr          TEXT NOT NULL,
    user_agent   TEXT NOT NULL,
    address      TEXT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE devices (
    user_id       TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_hash   BYTEA NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_hash)
);
CREATE INDEX devices_by_hash ON devices (device_hash);

CREATE TABLE consents (
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    scopes     TEXT NOT NULL,
    claims     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);
CREATE INDEX consents_by_client ON consents (client_id);

-- session_id refers to nothing on purpose, here and in grants: sessions are swept earlier.
CREATE TABLE codes (
    hash                  BYTEA NOT NULL PRIMARY KEY,
    grant_id              TEXT COLLATE "C" NOT NULL UNIQUE,
    client_id             TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    user_id               TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id            TEXT COLLATE "C",
    "authorization"       TEXT NOT NULL,
    redirect_uri          TEXT NOT NULL,
    redirect_uri_was_sent BOOLEAN NOT NULL,
    code_challenge        TEXT,
    created_at            BIGINT NOT NULL,
    expires_at            BIGINT NOT NULL,
    used_at               BIGINT,
    correlation_id        TEXT COLLATE "C" NOT NULL
);
CREATE INDEX codes_by_user ON codes (user_id);
CREATE INDEX codes_by_session ON codes (session_id);
CREATE INDEX codes_by_end ON codes (expires_at);

CREATE TABLE grants (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id       TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    user_id         TEXT COLLATE "C" REFERENCES users (id) ON DELETE CASCADE,
    session_id      TEXT COLLATE "C",
    "authorization" TEXT NOT NULL,
    offline         BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    revoked_at      BIGINT,
    revoked_why     TEXT,
    correlation_id  TEXT COLLATE "C" NOT NULL
);
CREATE INDEX grants_by_user ON grants (user_id);
CREATE INDEX grants_by_client ON grants (client_id);
CREATE INDEX grants_by_session ON grants (session_id);
CREATE INDEX grants_by_end ON grants (expires_at);

CREATE TABLE refresh_tokens (
    hash          BYTEA NOT NULL PRIMARY KEY,
    grant_id      TEXT COLLATE "C" NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    client_id     TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    used_at       BIGINT,
    generation    BIGINT NOT NULL,
    superseded_at BIGINT
);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE TABLE revoked_tokens (
    jti        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);

CREATE TABLE guesses (
    "key"         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    failures      BIGINT NOT NULL,
    last_at       BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);
CREATE INDEX guesses_by_age ON guesses (last_at);

CREATE TABLE signing_keys (
    kid            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    alg            TEXT COLLATE "C" NOT NULL,
    sealed_private BYTEA NOT NULL,
    public_jwk     TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    signs_from     BIGINT NOT NULL,
    retires_at     BIGINT,
    gone_at        BIGINT
);

CREATE TABLE setup_links (
    hash       BYTEA NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE TABLE leases (
    name     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder   TEXT COLLATE "C" NOT NULL,
    "until"  BIGINT NOT NULL
);

CREATE TABLE traces (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    correlation_id TEXT COLLATE "C" NOT NULL,
    "at"           BIGINT NOT NULL,
    step           TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    check_name     TEXT,
    expected       TEXT,
    received       TEXT,
    client_id      TEXT COLLATE "C",
    user_id        TEXT COLLATE "C",
    address        TEXT
);
CREATE INDEX traces_by_correlation ON traces (correlation_id);
CREATE INDEX traces_by_age ON traces ("at");

CREATE TABLE events (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "at"           BIGINT NOT NULL,
    kind           TEXT COLLATE "C" NOT NULL,
    actor          TEXT,
    user_id        TEXT COLLATE "C",
    client_id      TEXT COLLATE "C",
    correlation_id TEXT COLLATE "C",
    detail         TEXT NOT NULL
);
CREATE INDEX events_by_age ON events ("at");

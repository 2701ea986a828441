-- Which sessions rest on a sign-in at a provider, so that it can end them: sid is its name for its own session.
CREATE TABLE upstream_sessions (
    session_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    link_id    TEXT COLLATE "C" NOT NULL REFERENCES upstream_identities (id) ON DELETE CASCADE,
    sid        TEXT COLLATE "C"
);
CREATE INDEX upstream_sessions_by_link ON upstream_sessions (link_id);
CREATE INDEX upstream_sessions_by_sid ON upstream_sessions (sid) WHERE sid IS NOT NULL;

-- Logout tokens that were used: hashes of issuer and jti.
CREATE TABLE upstream_logouts (
    hash       BYTEA NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX upstream_logouts_by_end ON upstream_logouts (expires_at);

-- Tokens of providers, where they are kept; sealed. expires_at is the access token's; whoever renews them holds the row until
-- refreshing_until.
CREATE TABLE upstream_tokens (
    link_id          TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES upstream_identities (id) ON DELETE CASCADE,
    sealed           BYTEA NOT NULL,
    expires_at       BIGINT,
    version          BIGINT NOT NULL,
    refreshing_until BIGINT,
    updated_at       BIGINT NOT NULL
);

-- Sign-in through others: the providers, and who people are there.

-- document is what an administrator wrote, as JSON; secret is our client secret there, sealed under the provider's id.
CREATE TABLE upstream_providers (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    document      TEXT NOT NULL,
    secret        BYTEA,
    version       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    failing_since BIGINT,
    failure       TEXT
);

-- An identity is issuer and subject, never an address. It opens one account.
CREATE TABLE upstream_identities (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id  TEXT COLLATE "C" NOT NULL REFERENCES upstream_providers (id) ON DELETE CASCADE,
    issuer       TEXT COLLATE "C" NOT NULL,
    subject      TEXT COLLATE "C" NOT NULL,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    shown        TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    disabled_at  BIGINT,
    UNIQUE (issuer, subject)
);
CREATE INDEX upstream_identities_by_user ON upstream_identities (user_id, created_at);
CREATE INDEX upstream_identities_by_provider ON upstream_identities (provider_id);

-- People on their way to a provider and back, each waited for once. state is sealed.
CREATE TABLE upstream_trips (
    hash       BYTEA NOT NULL PRIMARY KEY,
    state      BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX upstream_trips_by_end ON upstream_trips (expires_at);

-- Sign-in through others: the providers, and who people are there.

-- document is what an administrator wrote, as JSON; secret is our client secret there, sealed under the provider's id.
CREATE TABLE upstream_providers (
    id            TEXT NOT NULL PRIMARY KEY,
    document      TEXT NOT NULL,
    secret        BLOB,
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    failing_since INTEGER,
    failure       TEXT
) STRICT;

-- An identity is issuer and subject, never an address. It opens one account.
CREATE TABLE upstream_identities (
    id           TEXT NOT NULL PRIMARY KEY,
    provider_id  TEXT NOT NULL REFERENCES upstream_providers (id) ON DELETE CASCADE,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    shown        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    disabled_at  INTEGER,
    UNIQUE (issuer, subject)
) STRICT;
CREATE INDEX upstream_identities_by_user ON upstream_identities (user_id, created_at);
CREATE INDEX upstream_identities_by_provider ON upstream_identities (provider_id);

-- People on their way to a provider and back, each waited for once. state is sealed.
CREATE TABLE upstream_trips (
    hash       BLOB NOT NULL PRIMARY KEY,
    state      BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX upstream_trips_by_end ON upstream_trips (expires_at);

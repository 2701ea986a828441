-- Who is told of entries in the security log, and what each is still to be told. Secrets are sealed. A delivery has no
-- reference to its webhook: it is written while the end of the log is locked, and must not wait for a row of `webhooks`.

CREATE TABLE webhooks (
    id               TEXT NOT NULL PRIMARY KEY,
    name             TEXT NOT NULL UNIQUE,
    description      TEXT NOT NULL,
    url              TEXT NOT NULL,
    events           TEXT NOT NULL,
    enabled          INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    secret           BLOB NOT NULL,
    old_secret       BLOB,
    old_secret_until INTEGER,
    failing_since    INTEGER,
    disabled_why     TEXT,
    version          INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;

CREATE TABLE webhook_deliveries (
    webhook_id   TEXT NOT NULL,
    event_id     INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    next_try_at  INTEGER,
    tries        INTEGER NOT NULL,
    last_try_at  INTEGER,
    status       INTEGER,
    duration_ms  INTEGER,
    last_error   TEXT,
    delivered_at INTEGER,
    given_up_at  INTEGER,
    PRIMARY KEY (webhook_id, event_id)
) STRICT;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

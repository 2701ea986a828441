-- Who is told of entries in the security log, and what each is still to be told. Secrets are sealed. A delivery has no
-- reference to its webhook: it is written while the end of the log is locked, and must not wait for a row of `webhooks`.

CREATE TABLE webhooks (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name             TEXT COLLATE "C" NOT NULL UNIQUE,
    description      TEXT NOT NULL,
    url              TEXT NOT NULL,
    events           TEXT NOT NULL,
    enabled          BOOLEAN NOT NULL,
    secret           BYTEA NOT NULL,
    old_secret       BYTEA,
    old_secret_until BIGINT,
    failing_since    BIGINT,
    disabled_why     TEXT,
    version          BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL
);

CREATE TABLE webhook_deliveries (
    webhook_id   TEXT COLLATE "C" NOT NULL,
    event_id     BIGINT NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    next_try_at  BIGINT,
    tries        BIGINT NOT NULL,
    last_try_at  BIGINT,
    status       BIGINT,
    duration_ms  BIGINT,
    last_error   TEXT,
    delivered_at BIGINT,
    given_up_at  BIGINT,
    PRIMARY KEY (webhook_id, event_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

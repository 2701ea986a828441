-- What happened, added up over ten minutes; and when clients and secrets were last used.
CREATE TABLE stats (
    bucket BIGINT NOT NULL,
    name   TEXT COLLATE "C" NOT NULL,
    value  BIGINT NOT NULL,
    PRIMARY KEY (bucket, name)
);

ALTER TABLE clients ADD COLUMN last_used_at BIGINT;
ALTER TABLE clients ADD COLUMN asked_while_disabled_at BIGINT;
ALTER TABLE client_secrets ADD COLUMN last_used_at BIGINT;

-- Counting the live sessions reads this index alone.
CREATE INDEX sessions_live_by_use ON sessions (last_seen_at, expires_at) WHERE ended_at IS NULL;

-- What happened, added up over ten minutes; and when clients and secrets were last used.
CREATE TABLE stats (
    bucket INTEGER NOT NULL,
    name   TEXT NOT NULL,
    value  INTEGER NOT NULL,
    PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;

ALTER TABLE clients ADD COLUMN last_used_at INTEGER;
ALTER TABLE clients ADD COLUMN asked_while_disabled_at INTEGER;
ALTER TABLE client_secrets ADD COLUMN last_used_at INTEGER;

-- Counting the live sessions reads this index alone.
CREATE INDEX sessions_live_by_use ON sessions (last_seen_at, expires_at) WHERE ended_at IS NULL;

-- Mail that waits to be sent, put here by the transaction that it tells of. The letter is sealed: it may hold a link that
-- opens an account.

CREATE TABLE outbox (
    id          TEXT NOT NULL PRIMARY KEY,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    letter      BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    next_try_at INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    last_error  TEXT,
    given_up_at INTEGER
) STRICT;
CREATE INDEX outbox_by_try ON outbox (next_try_at);

-- Mail that waits to be sent, put here by the transaction that it tells of. The letter is sealed: it may hold a link that
-- opens an account.

CREATE TABLE outbox (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    letter      BYTEA NOT NULL,
    created_at  BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,
    tries       BIGINT NOT NULL,
    last_error  TEXT,
    given_up_at BIGINT
);
CREATE INDEX outbox_by_try ON outbox (next_try_at);

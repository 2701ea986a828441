DROP TABLE mail_codes;
DROP TABLE ceremonies;
CREATE TABLE ceremonies (
    hash       BYTEA NOT NULL PRIMARY KEY,
    state      BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremonies_by_end ON ceremonies (expires_at);

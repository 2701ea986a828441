DROP TABLE mail_codes;
DROP TABLE ceremonies;
CREATE TABLE ceremonies (
    hash       BLOB NOT NULL PRIMARY KEY,
    state      BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ceremonies_by_end ON ceremonies (expires_at);

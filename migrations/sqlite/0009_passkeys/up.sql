-- Questions of a passkey travel sealed with the page; what is kept is which of them were answered.
DROP TABLE ceremonies;
CREATE TABLE ceremonies (
    hash       BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ceremonies_by_end ON ceremonies (expires_at);

-- One-time codes that were mailed. Each belongs to one step of one person; `id` travels sealed with that step.
CREATE TABLE mail_codes (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose    TEXT NOT NULL,
    hash       BLOB NOT NULL,
    tries      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mail_codes_by_user ON mail_codes (user_id);
CREATE INDEX mail_codes_by_end ON mail_codes (expires_at);

-- Pictures of people: one each, under a name nobody can guess, made anew from what they sent.
CREATE TABLE pictures (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    media_type TEXT NOT NULL,
    bytes      BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
-- Its name, so that what apps are told of a person needs no look at the table.
ALTER TABLE users ADD COLUMN picture TEXT;

-- Whether people may write their own value.
ALTER TABLE attributes ADD COLUMN self_editable INTEGER NOT NULL DEFAULT 0 CHECK (self_editable IN (0, 1));

-- Pictures of people: one each, under a name nobody can guess, made anew from what they sent.
CREATE TABLE pictures (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    media_type TEXT COLLATE "C" NOT NULL,
    bytes      BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
-- Its name, so that what apps are told of a person needs no look at the table.
ALTER TABLE users ADD COLUMN picture TEXT COLLATE "C";

-- Whether people may write their own value.
ALTER TABLE attributes ADD COLUMN self_editable BOOLEAN NOT NULL DEFAULT FALSE;

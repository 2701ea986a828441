-- Logos of clients. Their tags stand in `about` of `clients` too, so that pages need not look here.
CREATE TABLE client_logos (
    client_id  TEXT NOT NULL PRIMARY KEY REFERENCES clients (client_id) ON DELETE CASCADE,
    media_type TEXT NOT NULL,
    width      INTEGER NOT NULL,
    height     INTEGER NOT NULL,
    bytes      BLOB NOT NULL,
    sha256     BLOB NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

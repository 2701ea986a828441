-- Logos of clients. Their tags stand in `about` of `clients` too, so that pages need not look here.
CREATE TABLE client_logos (
    client_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES clients (client_id) ON DELETE CASCADE,
    media_type TEXT COLLATE "C" NOT NULL,
    width      BIGINT NOT NULL,
    height     BIGINT NOT NULL,
    bytes      BYTEA NOT NULL,
    sha256     BYTEA NOT NULL,
    updated_at BIGINT NOT NULL
);

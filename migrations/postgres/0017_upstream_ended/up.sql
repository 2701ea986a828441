-- What logout tokens of providers named, for as long as a sign-in may be under way: hashes of provider, issuer, subject and sid.
CREATE TABLE upstream_ended (
    hash       BYTEA NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX upstream_ended_by_end ON upstream_ended (expires_at);

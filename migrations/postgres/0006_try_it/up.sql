-- Runs of "Try it": what an administrator's browser began from the console, each good for one answer of the authorization
-- endpoint. Details and report are sealed: they hold a verifier, and what tokens say of a person.

CREATE TABLE try_runs (
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    state_hash         BYTEA NOT NULL UNIQUE,
    console_session_id TEXT COLLATE "C" NOT NULL REFERENCES console_sessions (id) ON DELETE CASCADE,
    client_id          TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    details            TEXT NOT NULL,
    report             TEXT,
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    used_at            BIGINT
);
CREATE INDEX try_runs_by_session ON try_runs (console_session_id);
CREATE INDEX try_runs_by_client ON try_runs (client_id);
CREATE INDEX try_runs_by_end ON try_runs (expires_at);

-- Accounts that people make and get back by themselves: letters that were asked for, and terms that were accepted.

-- Somebody asked for a letter with a link. Whether there is such an account is looked up when the letter is written, never
-- while the person waits for the page.
CREATE TABLE link_requests (
    id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    purpose        TEXT COLLATE "C" NOT NULL,
    user_id        TEXT COLLATE "C" REFERENCES users (id) ON DELETE CASCADE,
    email          TEXT NOT NULL,
    request        TEXT NOT NULL,
    language       TEXT NOT NULL,
    address        TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    created_at     BIGINT NOT NULL
);
CREATE INDEX link_requests_by_time ON link_requests (created_at);
CREATE INDEX link_requests_by_user ON link_requests (user_id);

CREATE TABLE accepted_terms (
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version     BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, version)
);

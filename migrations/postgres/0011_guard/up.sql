-- Somebody who has lists of passwords tries each at its account, from one place: at which accounts sign-ins failed from which
-- network (and did not succeed since), and at which networks that was too many. Accounts stand here as hashes: most of them
-- do not exist.

CREATE TABLE failed_accounts (
    network TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (network, account)
);
CREATE INDEX failed_accounts_by_age ON failed_accounts (last_at);

CREATE TABLE raised_bars (
    network    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    raised_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accounts   BIGINT NOT NULL
);
CREATE INDEX raised_bars_by_end ON raised_bars (expires_at);

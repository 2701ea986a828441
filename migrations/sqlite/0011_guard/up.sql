-- Somebody who has lists of passwords tries each at its account, from one place: at which accounts sign-ins failed from which
-- network (and did not succeed since), and at which networks that was too many. Accounts stand here as hashes: most of them
-- do not exist.

CREATE TABLE failed_accounts (
    network TEXT NOT NULL,
    account TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (network, account)
) STRICT;
CREATE INDEX failed_accounts_by_age ON failed_accounts (last_at);

CREATE TABLE raised_bars (
    network    TEXT NOT NULL PRIMARY KEY,
    raised_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    accounts   INTEGER NOT NULL
) STRICT;
CREATE INDEX raised_bars_by_end ON raised_bars (expires_at);

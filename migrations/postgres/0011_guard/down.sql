DROP TABLE raised_bars;
DROP TABLE failed_accounts;

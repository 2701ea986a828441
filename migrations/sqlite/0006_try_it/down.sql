-- Takes back what up.sql made. Runs under way end.
DROP TABLE try_runs;

-- Takes back what up.sql made.
DROP TABLE client_logos;

DROP INDEX traces_by_address;
DROP INDEX traces_by_user;
DROP INDEX traces_by_client;

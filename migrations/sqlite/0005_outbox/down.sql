-- Takes back what up.sql made. Mail that waits is lost.
DROP TABLE outbox;

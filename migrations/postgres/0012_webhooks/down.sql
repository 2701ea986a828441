-- Takes back what up.sql made.
DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
